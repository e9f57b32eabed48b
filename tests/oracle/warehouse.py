"""Build every published table from deliveries with plain Python: an independent check of the SQL models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tests.oracle import (
    alerts,
    audit,
    cohorts,
    daily,
    orders,
    outside,
    performance,
    rates,
    schema,
    subscription_reports,
    subscriptions,
    syncs,
)
from tests.oracle.facts import open_book
from tests.oracle.identity import identify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.oracle.facts import Book
    from tests.oracle.identity import Event, RawDelivery

Row = dict[str, Any]
_KEY = ("event_key", "item_index")
_REVERSAL = (
    *("currency", "vendor", "affiliate", "role", "account_amount", "reversed_account_amount"),
    *("is_account_amount_estimated", "sold_date", "is_orphan", "told_vendor", "told_affiliate", "payment"),
    *("is_other_currency", "is_counted", "fee_amount", "sources", "told_count"),
)
SALE_COLUMNS = (
    *(
        *_KEY,
        "receipt",
        "order_key",
        "sold_at",
        "sold_date",
        "vendor",
        "affiliate",
        "role",
        "transaction_type",
    ),
    *("payment", "is_rebill", "currency", "gross_amount", "account_amount", "tax_amount", "shipping_amount"),
    *("platform_fee", "payment_method", "country", "tracking_id"),
    *("sources", "amount_source", "customer_currency", "payment_number"),
)
REFUND_COLUMNS = (
    *(*_KEY, "receipt", "refunded_at", "refunded_date", "refund_amount", "refund_type", "days_to_refund"),
    *_REVERSAL,
)
CHARGEBACK_COLUMNS = (
    *(*_KEY, "receipt", "charged_back_at", "charged_back_date", "chargeback_amount", "kind", "status"),
    *("chargeback_id", "days_to_chargeback", "told_amount", "is_booked", "is_overturned", *_REVERSAL),
)


def build_warehouse(
    deliveries: Sequence[RawDelivery], zone: str = "America/Los_Angeles"
) -> dict[str, list[Row]]:
    """Return every published table's rows, in no particular order.

    `event_key` is the lower-case hex SHA-256 of the event's winning body.
    """
    report_zone = ZoneInfo(zone)
    all_events = identify(deliveries, report_zone)
    book = open_book(all_events, report_zone)
    all_orders = orders.fct_orders(book)
    lives = subscriptions.lives_of(book)
    current = subscriptions.fct_subscriptions(book, lives)
    return {
        "events": [_event(event) for event in all_events],
        "quarantine": [row for event in all_events for row in _quarantine(event)],
        "fct_sales": _pick(book.sales, SALE_COLUMNS),
        "fct_sale_lines": _sale_lines(book),
        "fct_refunds": _pick(book.refunds, REFUND_COLUMNS),
        "fct_chargebacks": _pick(book.chargebacks, CHARGEBACK_COLUMNS),
        "fct_orders": all_orders,
        "fct_threshold_alerts": alerts.fct_threshold_alerts(book),
        "fct_data_syncs": syncs.fct_data_syncs(book),
        "fct_subscription_events": subscriptions.fct_subscription_events(lives),
        "fct_subscriptions": current,
        "subscription_months": subscription_reports.subscription_months(book, lives),
        "subscription_retention": subscription_reports.subscription_retention(book, current),
        "cancellations_by_age": subscription_reports.cancellations_by_age(current),
        "daily_sales": daily.daily_sales(book),
        "daily_product_sales": daily.daily_product_sales(book),
        "refund_rates": rates.refund_rates(book),
        "sale_cohorts": cohorts.sale_cohorts(book),
        "refund_cohorts": rates.refund_cohorts(book),
        "refund_cohort_months": rates.refund_cohort_months(book),
        "chargeback_rates": rates.chargeback_rates(book),
        "chargeback_months": rates.chargeback_months(book),
        "affiliate_performance": performance.affiliate_performance(book),
        "product_performance": performance.product_performance(book),
        "sync_freshness": syncs.sync_freshness(book),
        "schema_paths": schema.schema_paths(all_events, book),
        "source_differences": audit.source_differences(book),
        "source_coverage": audit.source_coverage(book),
        "outside_the_figures": outside.outside_the_figures(all_events, book, all_orders),
    }


def _pick(rows: list[Row], columns: tuple[str, ...]) -> list[Row]:
    return [
        {column: row["payment_name" if column == "payment" else column] for column in columns} for row in rows
    ]


def _sale_lines(book: Book) -> list[Row]:
    return [
        {"event_key": sale["event_key"], "item_index": sale["item_index"]}
        | {column: value for column, value in line.items() if column != "is_synthetic"}
        for sale in book.sales
        for line in sale["lines"]
    ]


def _event(event: Event) -> Row:
    is_outside = event.winner.status in {"quarantined", "unhandled"}
    amount, currency = outside.money_of(event.winner) if is_outside else (None, None)
    return {
        "event_key": event.winner.sha,
        "event_type": event.winner.event_type,
        "event_id": event.winner.event_id,
        "occurred_at": event.occurred_at,
        "received_at": event.received_at,
        "delivery_count": event.delivery_count,
        "is_test": event.winner.is_test,
        "status": event.winner.status,
        "reason": event.reason,
        "amount": amount,
        "currency": currency,
    }


def _quarantine(event: Event) -> list[Row]:
    """Return a row for every distinct reason and path; a body that is no JSON object has no path."""
    if event.winner.status != "quarantined":
        return []
    found: set[tuple[str, str | None]] = {(reason.code, reason.path) for reason in event.winner.reasons}
    if event.winner.verdict is not None:
        found = {(event.winner.verdict, None)}
    return [
        {
            "event_key": event.winner.sha,
            "event_type": event.winner.event_type,
            "reason": reason,
            "json_path": path,
            "first_seen_at": event.received_at,
        }
        for reason, path in sorted(found, key=str)
    ]
