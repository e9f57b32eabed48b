"""A history in which no two related columns are equal: a figure that reads the wrong one shows another value.

Everything is written by hand from the samples, by rules of the day: two vendors, two currencies, upsells, rebills, tax,
partial refunds with and without the amount taken back, their fees, disputes that stand and that were won, a refund in
another currency, orphans, repeats, alerts, a sync and an event that cannot be read.
"""

from __future__ import annotations

import json
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from ingest.send.samples import sample
from tests.histories import END
from tests.transforms.report.warehouses import published

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cbw.settings import Settings

DAYS = 128
AFFILIATES = ("ann", "joe", "ida", None)


def differing(data_dir: Path) -> Settings:
    """Publish a warehouse with the history."""
    return published(data_dir, differing_history())


@cache
def differing_history() -> tuple[bytes, ...]:
    """Return the bodies of the history; the same each time."""
    bodies = [body for day in range(DAYS) for body in _day(day)]
    others = [
        *_operations(),
        b'{"type": "sale.created", "data": {"receipt": "NOTIME", "totalOrderAmount": "much"}}',
    ]
    return (*bodies, *others, *bodies[:9])


def _day(day: int) -> Iterator[bytes]:
    """Return the events of the sales that were made so many days before the end, with their consequences."""
    yield from _alpha(day)
    if day % 2 == 0:
        yield _sale(f"BETA{day:04}", day, 31.40 + day % 9, vendor="betashop", affiliate="joe", account=12.15)
    if day % 5 == 0:
        yield _sale(f"EURO{day:04}", day, 44.90 + day % 4, vendor="alphashop", currency="EUR", account=17.35)
    if day % 15 == 0:
        yield _back(
            "refund.processed", f"EURO{day:04}", day - 3, 11.25, currency="EUR", account=4.05, fee=0.75
        )
        yield _back("chargeback.received", f"EURO{day:04}", day - 4, 20.10, currency="EUR", fee=19.5)
    if day % 23 == 0:
        yield _back("refund.processed", f"BETA{day:04}", day - 8, 8.70, vendor="betashop")
        yield _back("refund.processed", f"LOST{day:04}", day, 6.35, vendor="alphashop")
    if day % 46 == 0:
        yield _back("chargeback.received", f"BETA{day:04}", day - 9, 14.6, vendor="betashop", fee=23.4)


def _alpha(day: int) -> Iterator[bytes]:
    receipt, affiliate = f"ALFA{day:04}", AFFILIATES[day % 4]
    about: dict[str, Any] = {"vendor": "alphashop", "affiliate": affiliate}
    yield _sale(receipt, day, 57.35 + day % 7, account=21.05 + day % 3, **about)
    if day % 3 == 0:
        upsell = {"upsellOriginalReceipt": receipt}
        yield _sale(f"UPSL{day:04}", day, 19.80, account=7.45, upsell=upsell, **about)
    if day % 4 == 0:
        yield _sale(f"{receipt}-B002", day - 12, 23.15, account=9.05, kind="BILL", **about)
    if day % 6 == 1:
        yield _back("refund.processed", receipt, day - 5, 13.30 + day % 5, account=5.15, fee=0.65, **about)
    if day % 6 == 4:
        yield _back("refund.processed", receipt, day - 7, 17.45, **about)
    if day % 9 == 3:
        yield _back("chargeback.received", receipt, day - 10, 41.20, account=15.85, fee=22.35, **about)
    if day % 30 == 4:
        yield _back(
            "chargeback.received", receipt, day - 6, 57.35, fee=22.35, chargeback_id=f"W{day}", **about
        )
        yield _back(
            "chargeback.received",
            receipt,
            day - 2,
            57.35,
            fee=22.35,
            chargeback_id=f"W{day}",
            status="won",
            **about,
        )
    if day % 40 == 5:
        yield _back("refund.processed", receipt, day - 4, 9.99, currency="EUR", **about)


def _operations() -> Iterator[bytes]:
    for days_ago, counts in ((12, (9, 2, 1)), (8, (7, 1, 1)), (3, (41, 3, 2)), (1, (6, 1, 0))):
        body = _body("data.synced", days_ago, f"SYNC{days_ago}")
        body["data"] |= dict(zip(("sales_count", "refunds_count", "chargebacks_count"), counts, strict=True))
        body["data"]["sync_id"] = f"sync-{days_ago}"
        yield json.dumps(body).encode()
    for days_ago, value in ((2, 0.1125), (4, 0.0371)):
        body = _body("threshold.reached", days_ago, f"ALERT{days_ago}")
        body["data"] |= {"vendor": "alphashop", "value": value, "alert_id": f"alert-{days_ago}"}
        yield json.dumps(body).encode()
    yield b'{"type": "gift.given", "data": {"receipt": "GIFT"}}'


def _body(event_type: str, days_ago: float, receipt: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(sample(event_type, now=END - timedelta(days=days_ago), receipt=receipt))
    body["id"] = f"evt_{event_type}_{receipt}_{days_ago}"
    return body


def _sale(
    receipt: str, days_ago: int, gross: float, *, account: float, kind: str = "SALE", **said: Any
) -> bytes:
    body = _body("sale.created", max(days_ago, 0), receipt)
    data, [line] = body["data"], body["data"]["lineItems"]
    tax, shipping = 1.25 + days_ago % 3, 2.05
    data |= {
        "affiliate": None, "transactionType": kind,
        "totalOrderAmount": round(gross, 2), "totalTaxAmount": tax, "totalShippingAmount": shipping,
        "totalAccountAmount": round(account, 2), "trackingCodes": [f"camp{days_ago % 3}"],
        "paymentMethod": ("VISA", "PYPL", "MSTR")[days_ago % 3],
    }  # fmt: skip
    line |= {
        "itemNo": f"{said['vendor'][:4].upper()}-{days_ago % 2}", "productPrice": round(gross - tax - shipping, 2),
        "accountAmount": round(account, 2), "taxAmount": tax, "shippingAmount": shipping,
        "quantity": 1 + days_ago % 3, "productTitle": f"Plan {days_ago % 2} of {said['vendor']}",
    }  # fmt: skip
    data["customer"]["billing"]["address"]["country"] = ("US", "CA", "DE", "US")[days_ago % 4]
    data |= said
    return json.dumps(body).encode()


def _back(
    event_type: str,
    receipt: str,
    days_ago: int,
    amount: float,
    *,
    account: float | None = None,
    fee: float | None = None,
    **said: Any,
) -> bytes:
    body = _body(event_type, max(days_ago, 0), receipt)
    data = body["data"]
    for key in (
        "lineItems",
        "totalAccountAmount",
        "fee_amount",
        "totalTaxAmount",
        "totalShippingAmount",
        "refundType",
    ):
        data.pop(key, None)
    is_refund = event_type == "refund.processed"
    data |= {"affiliate": None, "vendor": "alphashop", "totalOrderAmount": amount}
    data |= {"refund_id" if is_refund else "chargeback_id": f"{event_type[0]}{receipt}"} | said
    data |= {} if account is None else {"totalAccountAmount": account}
    data |= {} if fee is None else {"fee_amount": fee}
    return json.dumps(body).encode()
