"""Which kind of export a row is of: its keys decide, never the name of its file."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from ingest.exports.dialect import folded_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.exports.dialect import Dialect


class Kind(StrEnum):
    """A kind of history file; ``secret_id`` of its raw events begins with it."""

    ORDERS = "orders"
    REPORT = "report"
    SUBSCRIPTIONS = "subscriptions"


NAMES: Final = {
    Kind.ORDERS: "orders of the Orders API",
    Kind.REPORT: "rows of a transaction report",
    Kind.SUBSCRIPTIONS: "subscription details",
}
_REPORT = {"receiptnumber", "roleontransaction", "salesaccount", "primaryseller", "productitemnumber"}
_SUBSCRIPTIONS = {"purchasedate", "subcanceldate", "subenddate", "processedpaymentscount", "subvalue"}
_MARKS = 2
# Whole events have them, also those whose transaction stands next to the envelope's keys.
_EVENT = {"eventtype", "event", "topic", "type", "attemptcount", "notification"}
NEEDED: Final = {"receipt": "receipt", "transaction_type": "transaction type", "sale_time": "time"}


def kind_of(keys: Iterable[str], dialect: Dialect) -> Kind | None:
    """Return the kind of a row by its keys; None for an event, or for keys that make no export."""
    folded = set(map(folded_key, keys))
    # an owner's alias may make the type of a transaction of one
    if folded & _EVENT - set(map(folded_key, dialect.fields["transaction_type"])):
        return None
    if len(folded & _SUBSCRIPTIONS) >= _MARKS and dialect.has(folded, "receipt"):
        return Kind.SUBSCRIPTIONS
    if missing(folded, dialect):
        return None
    return Kind.REPORT if len(folded & _REPORT) >= _MARKS else Kind.ORDERS


def missing(keys: Iterable[str], dialect: Dialect) -> list[str]:
    """Return the fields without which rows are no transactions, and that none of their keys holds."""
    folded = set(map(folded_key, keys))
    return [text for name, text in NEEDED.items() if not dialect.has(folded, name)]
