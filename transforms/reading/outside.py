"""How much stands outside the figures, in plain words: the words of `cbw status`, the report and the live page."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from transforms.definitions.sql_file import SQL_DIR

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from transforms.warehouse import Warehouse

Row = dict[str, Any]

# In no figure at all; the other kinds are missing from some figures.
_UNMAPPED = ("quarantined", "unhandled")
_MOST_REASONS = 5


def read_outside(warehouse: Warehouse) -> list[Row]:
    """Return the rows of the published ``outside_the_figures``, the most frequent of each kind first."""
    cursor = warehouse.connection.execute((SQL_DIR / "figures" / "outside.sql").read_text(encoding="utf-8"))
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def sentences(rows: Sequence[Row]) -> list[str]:
    """Return a sentence for the events in no figure, one for orders without a net, one for ambiguous receipts.

    Args:
        rows: Rows of ``outside_the_figures``.
    """
    unmapped = [row for row in rows if row["kind"] in _UNMAPPED]
    orders = [row for row in rows if row["kind"] == "unknown_net"]
    reversals = [row for row in rows if row["kind"] == "ambiguous_receipt"]
    said = []
    if unmapped:
        verb = "is" if _count(unmapped) == 1 else "are"
        by_kind = "; ".join(_of_kind(kind, unmapped) for kind in _UNMAPPED if _of(kind, unmapped))
        said.append(f"{_subject(unmapped, 'event')} {verb} in no figure: {by_kind}{_unknown(unmapped)}")
    if orders:
        verb = "has" if _count(orders) == 1 else "have"
        said.append(
            f"{_subject(orders, 'order')} {verb} no known net: amounts in two currencies are never added"
        )
    if reversals:
        verb = "is" if _count(reversals) == 1 else "are"
        said.append(
            f"{_subject(reversals, 'refund or chargeback', 'refunds and chargebacks')} {verb} in no vendor's figures: "
            "several sellers have the receipt"
        )
    return said


def _subject(rows: Sequence[Row], noun: str, plural: str = "") -> str:
    count = _count(rows)
    money = _money(rows)
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}{' for ' + money if money else ''}"


def _of_kind(kind: str, rows: Sequence[Row]) -> str:
    """Return such as ``3 quarantined (2 missing_receipt, 1 bad_money)``."""
    counts: Counter[str] = Counter()
    for row in _of(kind, rows):
        name = row["reason"]
        counts[f"{name} {row['event_type']}" if name == "event type" else name] += row["event_count"]
    reasons = [f"{count:,} {name}" for name, count in counts.most_common(_MOST_REASONS)]
    if others := len(counts) - len(reasons):
        rest = counts.total() - sum(count for _, count in counts.most_common(_MOST_REASONS))
        reasons.append(f"{rest:,} for {others} other reason{'s' if others > 1 else ''}")
    command = ", see cbw quarantine" if kind == "quarantined" else ""
    return f"{counts.total():,} {kind} ({', '.join(reasons)}){command}"


def _unknown(rows: Iterable[Row]) -> str:
    count = sum(row["unknown_amount_count"] for row in rows)
    return f"; the money of {count:,} is not known" if count else ""


def _money(rows: Iterable[Row]) -> str:
    """Return such as ``1,240.00 USD and 89.50 EUR``, by currency."""
    sums: dict[str | None, Decimal] = {}
    for row in rows:
        if row["known_amount"] is not None:
            sums[row["currency"]] = sums.get(row["currency"], Decimal(0)) + row["known_amount"]
    amounts = [
        f"{_written(amount)} {currency or 'in no currency'}"
        for currency, amount in sorted(sums.items(), key=lambda each: (-each[1], each[0] or ""))
    ]
    return " and ".join(filter(None, (", ".join(amounts[:-1]), *amounts[-1:])))


def _written(amount: Decimal) -> str:
    """Return an amount with two decimals, or with more where those are not zero."""
    cents = round(amount, 2)
    return f"{cents:,.2f}" if cents == amount else f"{amount.normalize():,f}"


def _of(kind: str, rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row["kind"] == kind]


def _count(rows: Iterable[Row]) -> int:
    return sum(row["event_count"] for row in rows)
