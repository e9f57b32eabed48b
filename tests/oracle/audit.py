"""The tables that hold sources against each other: where they disagree, and what each of two does not tell."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.oracle.facts import Book

Row = dict[str, Any]
_KINDS = {
    "sale.created": ("sales", "sold_date"),
    "refund.processed": ("refunds", "refunded_date"),
    "chargeback.received": ("chargebacks", "charged_back_date"),
}


def source_differences(book: Book) -> list[Row]:
    """Return a row for each field in which a source disagrees with the fact."""
    return [
        {"event_key": row["event_key"], "item_index": row["item_index"], "event_type": event_type}
        | {"receipt": row["receipt"], "role": row["role"], "report_date": day}
        | dict(zip(("field", "source", "fact_value", "told_value"), difference, strict=True))
        for event_type, day, row in _facts(book)
        for difference in row["differences"]
    ]


def source_coverage(book: Book) -> list[Row]:
    """Return a row for each day, kind and pair of sources that have told one transaction."""
    facts = list(_facts(book))
    pairs = {pair for _, _, row in facts for pair in combinations(row["sources"].split(","), 2)}
    counted = {id(row) for row in book.counted_sales}
    counts: dict[tuple[Any, ...], Counter[str]] = {}
    for event_type, day, row in facts:
        told = set(row["sources"].split(","))
        differing = {source for field, source, _, _ in row["differences"] if field == "amount"}
        for pair in pairs if id(row) in counted or row.get("is_counted") else ():
            if told & set(pair):
                count = counts.setdefault((day, event_type, *pair), Counter())
                count[",".join(source for source in pair if source in told)] += 1
                count["differing"] += set(pair) <= told and bool(differing & set(pair))
    return [
        {"report_date": day, "event_type": event_type, "source": source, "other_source": other}
        | {"both_count": count[f"{source},{other}"], "only_source_count": count[source]}
        | {"only_other_count": count[other], "differing_count": count["differing"]}
        for (day, event_type, source, other), count in counts.items()
    ]


def _facts(book: Book) -> Iterator[tuple[str, Any, Row]]:
    for event_type, (name, day) in _KINDS.items():
        for row in getattr(book, name):
            yield event_type, row[day], row
