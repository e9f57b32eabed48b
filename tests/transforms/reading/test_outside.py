"""The words about everything that stands outside the figures: counts, reasons, and money by currency."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from transforms.reading.outside import sentences


def row(
    kind: str, reason: str, count: int, amount: str | None, currency: str | None, unknown: int = 0
) -> Any:
    return {
        "kind": kind, "reason": reason, "event_type": "sale.created", "currency": currency, "event_count": count,
        "known_amount": None if amount is None else Decimal(amount), "unknown_amount_count": unknown,
    }  # fmt: skip


def test_nothing_outside_is_no_sentence() -> None:
    assert sentences([]) == []


def test_events_in_no_figure_are_counted_by_reason_with_their_money_by_currency() -> None:
    rows = [
        row("quarantined", "missing_receipt", 30, "1240", "USD"),
        row("quarantined", "bad_json", 2, None, None, unknown=2),
        row("unhandled", "failed", 3, "89.5", "EUR"),
        row("unhandled", "failed", 1, "10", "USD"),
    ]
    assert "; ".join(sentences(rows)) == (
        "36 events for 1,250.00 USD and 89.50 EUR are in no figure: 32 quarantined (30 missing_receipt, 2 bad_json), "
        "see cbw quarantine; 4 unhandled (4 failed); the money of 2 is not known"
    )


def test_a_type_without_a_meaning_is_named_and_the_rarest_reasons_are_summed_up() -> None:
    rows = [row("unhandled", "event type", 9, None, None, unknown=9)]
    rows += [row("unhandled", f"reason {number}", 8 - number, None, None, 8 - number) for number in range(6)]
    assert "; ".join(sentences(rows)) == (
        "42 events are in no figure: 42 unhandled (9 event type sale.created, 8 reason 0, 7 reason 1, 6 reason 2, "
        "5 reason 3, 7 for 2 other reasons); the money of 42 is not known"
    )


def test_orders_without_a_net_and_ambiguous_receipts_have_sentences_of_their_own() -> None:
    rows = [
        row("unknown_net", "reversal_in_other_currency", 1, "57", "USD"),
        row("ambiguous_receipt", "several_sellers", 2, "97", "USD"),
    ]
    assert sentences(rows) == [
        "1 order for 57.00 USD has no known net: amounts in two currencies are never added",
        "2 refunds and chargebacks for 97.00 USD are in no vendor's figures: several sellers have the receipt",
    ]
