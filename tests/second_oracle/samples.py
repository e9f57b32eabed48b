"""Invented events for the oracle's own tests: a lake shop, its partners, and its customers' second thoughts."""

import json
from datetime import UTC, datetime
from typing import Any

from tests.second_oracle.delivery import Delivery
from tests.second_oracle.history import Table
from tests.second_oracle.oracle import tables

RECEIVED = datetime(2026, 12, 1, tzinfo=UTC)
Event = dict[str, Any]


def event(event_type: str, data: Any, **envelope: Any) -> Event:
    return {"type": event_type, "data": data, **envelope}


def sale_data(receipt: str = "KAYAK001", day: str = "2026-03-02", amount: Any = 80, **more: Any) -> Event:
    told = {"receipt": receipt, "sold_at": f"{day}T09:00:00-08:00", "vendor": "lakeshop"}
    return _without_none({**told, "sale_amount": amount, "currency": "USD", **more})


def sale(*told: Any, envelope: Event | None = None, **more: Any) -> Event:
    return event("sale.created", sale_data(*told, **more), **(envelope or {}))


def refund_data(receipt: str = "KAYAK001", day: str = "2026-03-20", amount: Any = 80, **more: Any) -> Event:
    told = {"receipt": receipt, "refunded_at": f"{day}T09:00:00-07:00", "vendor": "lakeshop"}
    return _without_none({**told, "refund_amount": amount, "currency": "USD", **more})


def refund(*told: Any, envelope: Event | None = None, **more: Any) -> Event:
    return event("refund.processed", refund_data(*told, **more), **(envelope or {}))


def dispute_data(receipt: str = "KAYAK001", day: str = "2026-04-20", amount: Any = 80, **more: Any) -> Event:
    told = {"receipt": receipt, "disputed_at": f"{day}T09:00:00-07:00", "vendor": "lakeshop"}
    return _without_none({**told, "chargeback_amount": amount, "currency": "USD", **more})


def dispute(*told: Any, envelope: Event | None = None, **more: Any) -> Event:
    return event("chargeback.received", dispute_data(*told, **more), **(envelope or {}))


def _without_none(told: Event) -> Event:
    return {key: value for key, value in told.items() if value is not None}


def deliver(*events: Event | bytes, received_at: datetime = RECEIVED) -> list[Delivery]:
    return [
        Delivery(received_at, told if isinstance(told, bytes) else json.dumps(told).encode())
        for told in events
    ]


def told(*events: Event | bytes, **options: Any) -> dict[str, Table]:
    """Return the tables of a history in which each event arrives once."""
    return tables(deliver(*events), **options)


def column(table: Table, name: str) -> list[object]:
    """Return a column's values in a stable order."""
    return sorted((row[name] for row in table), key=str)


def summed(table: Table, name: str) -> Any:
    return sum(row[name] for row in table)


def only(table: Table) -> dict[str, Any]:
    """Return the single row of a table."""
    (row,) = table
    return row
