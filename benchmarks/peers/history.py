"""An invented history in one body shape, so that the peers' models can read it too.

The peers get an easier job than the product: one body shape of many, no broken bodies, no fields under other names. The
difficulties of incremental models remain: repeats, disorder, corrections under the same event id, refunds before their
sale, partial refunds, and one receipt sent to two roles.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

PACIFIC = ZoneInfo("America/Los_Angeles")
START = datetime(2025, 1, 1, 8, tzinfo=UTC)
DAYS = 500
VENDORS = ("brightketo", "calmharbor", "woodsmith7")
AFFILIATES = ("topreview", "vidmaker", "adstorm", "blogriver", "nichelab", "tinytraf", None)
CURRENCIES = ("USD", "USD", "USD", "EUR", "GBP")
CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@dataclass(frozen=True, slots=True)
class _Sale:
    receipt: str
    sold_at: datetime
    vendor: str
    affiliate: str | None
    currency: str
    cents: int


def history(count: int, seed: int = 1, *, start: datetime = START, days: int = DAYS) -> Iterator[bytes]:
    """Yield ``count`` bodies in order of sending: about 80 % sales, 15 % refunds, 5 % repeats and corrections."""
    rng = Random(seed)  # noqa: S311 - a reproducible history, nothing secret
    recent: list[_Sale] = []
    unsent: list[tuple[_Sale, str]] = []
    latest: list[dict[str, Any]] = []
    for number in range(count):
        now = start + timedelta(days=days) * number / count
        event = _event(rng, f"{seed}-{number}", now, recent, unsent, latest)
        latest.append(event)
        del latest[:-500], recent[:-5000]
        yield json.dumps(event, separators=(",", ":")).encode()


def _event(
    rng: Random,
    name: str,
    now: datetime,
    recent: list[_Sale],
    unsent: list[tuple[_Sale, str]],
    latest: list[dict[str, Any]],
) -> dict[str, Any]:
    choice = rng.random()
    if latest and choice < 0.04:
        return rng.choice(latest)
    if latest and choice < 0.05:
        return _corrected(rng.choice(latest), now)
    if recent and choice < 0.20:
        return _refund(rng, name, now, rng.choice(recent))
    if unsent and choice < 0.35:
        return _sale_event(name, now, *unsent.pop(0))
    sale = _sale(rng, now)
    recent.append(sale)
    if choice < 0.37:  # the refund comes before its sale
        unsent.append((sale, "VENDOR"))
        return _refund(rng, name, now, sale)
    if choice < 0.55:
        unsent.append((sale, "AFFILIATE"))
    return _sale_event(name, now, sale, "VENDOR")


def _sale(rng: Random, now: datetime) -> _Sale:
    receipt = "".join(rng.choice(CHARACTERS) for _ in range(10))
    return _Sale(
        receipt=receipt if rng.random() < 0.85 else f"{receipt}-B002",
        sold_at=now - timedelta(seconds=rng.choice((1, 5, 60, 3600, 200_000))),
        vendor=rng.choice(VENDORS),
        affiliate=rng.choice(AFFILIATES),
        currency=rng.choice(CURRENCIES),
        cents=rng.randrange(500, 20_000),
    )


def _sale_event(name: str, now: datetime, sale: _Sale, role: str) -> dict[str, Any]:
    data = {
        **_common(sale, role, sale.sold_at),
        "transactionType": "BILL" if "-B" in sale.receipt else "SALE",
        "totalOrderAmount": sale.cents / 100,
        "totalAccountAmount": (sale.cents // 2) / 100,
        "totalTaxAmount": (sale.cents // 20) / 100,
    }
    return _envelope(name, "sale.created", now, data)


def _refund(rng: Random, name: str, now: datetime, sale: _Sale) -> dict[str, Any]:
    part = rng.choice((1, 1, 1, 2, 4))
    data = {
        **_common(sale, "VENDOR", now),
        "refund_id": f"RF{name}",
        "transactionType": "RFND",
        "refundAmount": (sale.cents // part) / 100,
    }
    return _envelope(name, "refund.processed", now, data)


def _common(sale: _Sale, role: str, at: datetime) -> dict[str, Any]:
    return {
        "receipt": sale.receipt,
        "transactionTime": at.astimezone(PACIFIC).strftime("%Y%m%dT%H%M%S%z"),
        "vendor": sale.vendor,
        "affiliate": sale.affiliate,
        "role": role,
        "currency": sale.currency,
        "paymentMethod": "VISA",
        "customer": {"billing": {"firstName": "Ada", "email": "ada@example.com", "address": {"country": "US"}}},
        "lineItems": [{"itemNo": "7", "productTitle": "A product", "quantity": 1, "lineItemType": "ORIGINAL"}],
    }  # fmt: skip


def _envelope(name: str, event_type: str, now: datetime, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"evt_{name}",
        "type": event_type,
        "created_at": now.isoformat(timespec="seconds"),
        "data": data,
    }


def _corrected(event: dict[str, Any], now: datetime) -> dict[str, Any]:
    field = "totalOrderAmount" if event["type"] == "sale.created" else "refundAmount"
    data = {**event["data"], field: round(event["data"][field] + 1, 2)}
    return {**event, "created_at": now.isoformat(timespec="seconds"), "data": data}
