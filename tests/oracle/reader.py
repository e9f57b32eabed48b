"""Read fields of one item by their aliases, and collect the reasons why it cannot be mapped."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.oracle import coerce
from tests.oracle.aliases import MONEY, TEXT, TIME, is_in_minor_units

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from decimal import Decimal
    from zoneinfo import ZoneInfo

REASONS = (
    *(
        "data_not_object",
        "data_empty",
        "type_conflict",
        "missing_receipt",
        "missing_metric",
        "missing_amount",
        "missing_value",
    ),
    *("bad_money", "bad_currency", "bad_time", "no_time", "implausible_time"),
    *("parts_disagree", "negative_amount"),
)


_STATES = frozenset({"refund_status", "chargeback_status"})


@dataclass(frozen=True)
class Reason:
    """Why an event is quarantined, and the JSON path of the offending key."""

    code: str
    path: str
    item_index: int = 0

    @property
    def rank(self) -> tuple[int, int]:
        """Return its place among an event's reasons: by item, then in the fixed order."""
        return (self.item_index, REASONS.index(self.code))


@dataclass(frozen=True)
class Found:
    """The first present value of a field: its alias and its text."""

    alias: str
    text: str


def dig(value: Any, alias: str) -> Any:
    """Follow an alias (`customer.country`, `trackingCodes[0]`) into a body; None where it leads nowhere."""
    for step in alias.split("."):
        name, is_list, _ = step.partition("[0]")
        value = value.get(name) if isinstance(value, dict) else None
        if is_list:
            value = value[0] if isinstance(value, list) and value else None
    return value


def first_present(data: dict[str, Any], aliases: Sequence[str]) -> Found | None:
    """Return the first alias, in the order given, whose value is a present scalar."""
    for alias in aliases:
        written = coerce.text(dig(data, alias))
        if written is not None:
            return Found(alias, written)
    return None


@dataclass
class Reader:
    """One item of an event's data, its path in the body, and the faults that the reader found in it.

    `currency` is the currency of its minor units where it names none itself: a line has that of its sale.
    """

    data: dict[str, Any]
    zone: ZoneInfo
    path: str = "$.data"
    reasons: list[Reason] = field(default_factory=list)
    index: int = 0
    currency: str | None = None
    is_of_export: bool = False
    """Rows of an export tell the state of their subscription when it was made, not at the transaction."""

    def fault(self, code: str, key: str) -> None:
        """Note a reason at a key of this item."""
        self.reasons.append(Reason(code, f"{self.path}.{key}", self.index))

    def text(self, name: str) -> str | None:
        """Return a text field as given."""
        found = None if self.is_of_export and name in _STATES else first_present(self.data, TEXT[name])
        return found.text if found else None

    def upper(self, name: str) -> str | None:
        """Return a text field in upper case."""
        written = self.text(name)
        return None if written is None else written.upper()

    def lower(self, name: str) -> str | None:
        """Return a text field in lower case."""
        written = self.text(name)
        return None if written is None else written.lower()

    def whole(self, name: str) -> int | None:
        """Return a whole number; None when absent or not one."""
        written = self.text(name)
        return None if written is None else coerce.whole(written)

    def money(self, name: str, *, is_checked: bool = True) -> Decimal | None:
        """Return an amount. Only the first present alias counts: the reader reports a bad one and tries no other."""
        found = first_present(self.data, MONEY[name])
        if found is None:
            return None
        currency = self.currency or self.upper("currency")
        places = coerce.places_of(currency) if is_in_minor_units(found.alias) else 0
        amount = coerce.money(found.text, places=places)
        if amount is None and is_checked:
            self.fault("bad_money", found.alias)
        return amount

    def amount_alias(self, name: str) -> str | None:
        """Return the key under which an amount is given; None when it is not."""
        found = first_present(self.data, MONEY[name])
        return found.alias if found else None

    def texts(self) -> tuple[Any, ...]:
        """Return every mapped value of the item, as written, except its lines."""
        return tuple(
            first_present(self.data, keys) for names in (TEXT, MONEY, TIME) for keys in names.values()
        )

    def figure(self, name: str) -> tuple[Decimal | None, bool]:
        """Return a figure, and whether it is written with a percent sign."""
        found = first_present(self.data, MONEY[name])
        if found is None:
            return None, False
        is_percent = found.text.endswith("%")
        value = coerce.money(found.text.removesuffix("%").rstrip() if is_percent else found.text)
        if value is None:
            self.fault("bad_money", found.alias)
        return value, is_percent

    def has(self, name: str) -> bool:
        """Return whether an amount is given at all, good or bad."""
        return first_present(self.data, MONEY[name]) is not None

    def instant(self, name: str) -> datetime | None:
        """Return a secondary instant: one that cannot be read is NULL, not a fault."""
        found = first_present(self.data, TIME[name])
        return coerce.instant(found.text, self.zone) if found else None

    def day(self, name: str) -> date | None:
        """Return a secondary date in the report zone."""
        found = first_present(self.data, TIME[name])
        return coerce.day(found.text, self.zone) if found else None
