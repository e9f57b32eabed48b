"""Rows of one transaction as one body: the union of all that pages, files and earlier imports tell, never a sum."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ingest.exports.dialect import Dialect

# The key that the alias table reads as the fee of a reversal.
FEE_KEY: Final = "fee_amount"
_TICK = timedelta(microseconds=1)
# Such a row has the total and the lines of its transaction: it is the whole of it.
_WHOLE: Final = ("whole",)

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Telling:
    """The rows of one transaction that one page told.

    Attributes:
        told_as_of: When the page was made.
        is_assumed: The operator did not say when.
        rows: Its rows.
    """

    told_as_of: datetime
    is_assumed: bool
    rows: tuple[Values, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A body of the same transaction that an earlier import stored."""

    created_at: datetime
    rows: list[Values]
    fees: list[Values]
    telling: Telling

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Held:
        """Read a body that `Group.body` made."""
        told = datetime.fromisoformat(body["told_as_of"])
        fees = body.get("fees", [])
        rows = (*({key: row[key] for key in row if key != FEE_KEY} for row in body["data"]), *fees)
        created = datetime.fromisoformat(body.get("created_at", body["told_as_of"]))
        return cls(created, body["data"], fees, Telling(told, "is_told_as_of_assumed" in body, rows))


@dataclass(slots=True)
class Group:
    """One transaction as one account tells it: a raw event.

    Attributes:
        name: Its id.
        word: Its transaction type; empty where no row says one.
        account: Whose telling it is, where a row or the operator says so.
        moment: When it happened; None where no row says so.
        tellings: All that pages and earlier imports tell of it, fees apart.
        held: Its body of an earlier import.
        fees: The fees of a refund or a chargeback.
    """

    name: str
    word: str
    account: str | None
    moment: str | None
    tellings: list[Telling] = field(default_factory=list)
    held: Held | None = None
    fees: list[Values] = field(default_factory=list)

    def rows(self, dialect: Dialect) -> list[Values]:
        """Return the union of its rows in canonical order; the first has the amount of its fees."""
        rows = union(self.tellings, dialect)
        if self.fees and rows:
            rows[0] = rows[0] | {FEE_KEY: f"{sum(abs(amount_in(fee, dialect)) for fee in self.fees):f}"}
        return rows

    def body(self, rows: list[Values]) -> bytes | None:
        """Return the body with these rows; None where the body of an earlier import has the same.

        A body that says more than an earlier one is later by a microsecond at least: the later one is right.
        """
        if self.held is not None and (self.held.rows, self.held.fees) == (rows, self.fees):
            return None
        newest = max(self.tellings, key=lambda telling: (telling.told_as_of, not telling.is_assumed))
        created_at = newest.told_as_of
        if self.held is not None:
            created_at = max(created_at, self.held.created_at + _TICK)
        values = {
            "id": self.name,
            # without it a row that says no time stays without one
            "created_at": None if self.moment is None else utc_text(created_at),
            "transactionType": self.word or None,
            "told_as_of": utc_text(newest.told_as_of),
            "is_told_as_of_assumed": newest.is_assumed or None,
            "account": self.account,
            # next to the data: a model reads the amount in the first row
            "fees": self.fees or None,
            "data": rows,
        }
        told = {key: value for key, value in values.items() if value is not None}
        return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def union(tellings: Iterable[Telling], dialect: Dialect) -> list[Values]:
    """Return the rows of several tellings, each once; values of the newest telling win, the others fill its gaps.

    Two equal rows of one page are two rows; of two pages they are one.
    """
    merged: dict[tuple[object, int], Values] = {}
    for telling in sorted(tellings, key=lambda each: (each.told_as_of, sorted(map(text_of, each.rows)))):
        counts: Counter[object] = Counter()
        told = set()
        for text, row in sorted(((text_of(row), row) for row in telling.rows), key=lambda pair: pair[0]):
            identity = _identity(row, dialect)
            if identity == _WHOLE and text in told:
                continue
            told.add(text)
            counts[identity] += 1
            place = (identity, counts[identity])
            merged[place] = merged.get(place, {}) | row
    whole = [row for (identity, _), row in merged.items() if identity == _WHOLE]
    return sorted(whole or merged.values(), key=text_of)


def amount_in(row: Mapping[str, Any], dialect: Dialect) -> Decimal:
    """Return the gross or reversed amount of a row, as told; 0 where it tells none."""
    return Decimal(dialect.first(row, "gross") or 0)


def text_of(row: Mapping[str, Any]) -> str:
    """Return a row's canonical text."""
    return json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def utc_text(instant: datetime) -> str:
    """Return an instant in UTC with microseconds."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _identity(row: Values, dialect: Dialect) -> tuple[object, ...]:
    if any(isinstance(row.get(key), list) for key in dialect.containers):
        return _WHOLE
    item, row_id = dialect.first(row, "product_item_no"), row.get("id")
    return (item, "id", row_id) if row_id else (item, "amount", amount_in(row, dialect))
