"""Write deliveries and pick rows, for tests that work with the oracle."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from tests.oracle.identity import RawDelivery
from tests.oracle.warehouse import build_warehouse

RECEIVED = datetime(2026, 7, 1, 12, tzinfo=UTC)
Tables = dict[str, list[dict[str, Any]]]


def deliver(type_: str, data: Any, *, received_at: datetime = RECEIVED, **envelope: Any) -> RawDelivery:
    return RawDelivery(received_at, json.dumps({"type": type_, **envelope, "data": data}).encode())


def sale(receipt: str, at: str, gross: float = 100, **more: Any) -> RawDelivery:
    base = {"receipt": receipt, "transactionTime": at, "totalOrderAmount": gross, "currency": "USD"}
    return deliver("sale.created", base | {"vendor": "shop"} | more)


def refund(receipt: str, at: str, amount: float, **more: Any) -> RawDelivery:
    return deliver(
        "refund.processed", {"receipt": receipt, "transactionTime": at, "refund_amount": amount, **more}
    )


def chargeback(receipt: str, at: str, amount: float = 100, **more: Any) -> RawDelivery:
    data = {"receipt": receipt, "transactionTime": at, "chargeback_amount": amount, **more}
    return deliver("chargeback.received", data)


def build(*deliveries: RawDelivery) -> Tables:
    return build_warehouse(deliveries)


def only(rows: list[dict[str, Any]], **where: Any) -> dict[str, Any]:
    """Return the only row with these values."""
    found = [row for row in rows if all(row[column] == value for column, value in where.items())]
    assert len(found) == 1, found
    return found[0]


def pick(rows: list[dict[str, Any]], *columns: str) -> list[tuple[Any, ...]]:
    return sorted((tuple(row[column] for column in columns) for row in rows), key=str)


def key_of(delivery: RawDelivery) -> str:
    return hashlib.sha256(delivery.body).hexdigest()
