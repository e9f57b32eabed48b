"""Read the fields of one item by their aliases, and collect the reasons against mapping it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.oracle import coerce
from tests.oracle.aliases import LEGACY_CENTS, MONEY, TEXT, TIME

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from decimal import Decimal

REASONS = (
    *(
        "data_not_object",
        "data_empty",
        "missing_receipt",
        "missing_metric",
        "missing_amount",
        "missing_value",
    ),
    *("bad_money", "bad_currency", "bad_time", "no_time", "implausible_time"),
    *("parts_disagree", "negative_amount"),
)


@dataclass(frozen=True)
class Reason:
    """Why an event is quarantined, and the JSON path of the offending key."""

    code: str
    path: str
    item_index: int = 0

    @property
    def rank(self) -> tuple[int, int]:
        """Return its sort key among an event's reasons: by item, then in the fixed order."""
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
    """One item of an event's data, the path it has in the body, and what was found wrong with it."""

    data: dict[str, Any]
    path: str = "$.data"
    reasons: list[Reason] = field(default_factory=list)
    index: int = 0

    def fault(self, code: str, key: str) -> None:
        """Record a reason at a key of this item."""
        self.reasons.append(Reason(code, f"{self.path}.{key}", self.index))

    def text(self, name: str) -> str | None:
        """Return a text field as given."""
        found = first_present(self.data, TEXT[name])
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
        """Return an amount. Only the first present alias counts: a bad one is a fault, never skipped."""
        found = first_present(self.data, MONEY[name])
        if found is None:
            return None
        is_cents = found.alias in LEGACY_CENTS or found.alias.endswith("_cents")
        amount = coerce.money(found.text, cents=is_cents)
        if amount is None and is_checked:
            self.fault("bad_money", found.alias)
        return amount

    def amount_alias(self, name: str) -> str | None:
        """Return the key under which an amount is given; None when it is not."""
        found = first_present(self.data, MONEY[name])
        return found.alias if found else None

    def texts(self) -> tuple[Any, ...]:
        """Return everything that is mapped of the item, as it is written, but for its lines."""
        return tuple(
            first_present(self.data, keys) for names in (TEXT, MONEY, TIME) for keys in names.values()
        )

    def has(self, name: str) -> bool:
        """Return whether the item has an amount at all, good or bad."""
        return first_present(self.data, MONEY[name]) is not None

    def instant(self, name: str) -> datetime | None:
        """Return a secondary instant: an unreadable one is NULL, not a fault."""
        found = first_present(self.data, TIME[name])
        return coerce.instant(found.text) if found else None
