"""Fees of refunds and chargebacks: rows of their own in an export, and part of their reversal here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingest.exports.group import Telling, Values, union
from ingest.exports.moment import moment_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ingest.exports.dialect import Dialect
    from ingest.exports.group import Group

FEE: Final = "FEE"
# The item of a fee, or its affiliate, says of which kind its reversal is.
_MARKS = {"rfnd": {"RFND"}, "cgbk": {"CGBK", "INSF"}}


def split(telling: Telling, dialect: Dialect) -> tuple[Telling, Telling]:
    """Return the rows that are no fees, and those that are."""
    own: list[Values] = []
    fees: list[Values] = []
    for row in telling.rows:
        (fees if is_fee(row, dialect) else own).append(row)
    return (
        Telling(telling.told_as_of, telling.is_assumed, tuple(own)),
        Telling(telling.told_as_of, telling.is_assumed, tuple(fees)),
    )


def is_fee(row: Mapping[str, object], dialect: Dialect) -> bool:
    """Return whether a row is a fee: its type says so."""
    said = dialect.first(row, "transaction_type")
    known = None if said is None else dialect.type_of(said)
    return known is not None and known.name == FEE


def assign(fees: Iterable[Telling], groups: Iterable[Group], dialect: Dialect) -> bool:
    """Add each fee to the nearest reversal of its kind in a party.

    Returns:
        Whether every fee has one.
    """
    reversals = [group for group in groups if group.word in {"RFND", "CGBK", "INSF"} and group.moment]
    is_every = True
    for fee in union(fees, dialect):
        time, kinds = dialect.first(fee, "sale_time"), _kinds(fee, dialect)
        near = [group for group in reversals if group.word in kinds]
        if time is None or not near:
            is_every = False
            continue
        min(near, key=lambda group: (_distance(group, time), group.name)).fees.append(fee)
    return is_every


def _kinds(fee: Values, dialect: Dialect) -> set[str]:
    words = f"{dialect.first(fee, 'product_item_no')} {dialect.first(fee, 'affiliate')}".lower()
    return next((kinds for mark, kinds in _MARKS.items() if mark in words), {"RFND", "CGBK", "INSF"})


def _distance(group: Group, time: str) -> float:
    assert group.moment is not None
    return abs((moment_of(group.moment).instant - moment_of(time).instant).total_seconds())
