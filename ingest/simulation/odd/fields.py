"""Situations that ask how a value is to be read: keys, separators, minor units, dates, quantities, texts, windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.simulation import clock
from ingest.simulation.business.operations import THRESHOLD_REACHED
from ingest.simulation.business.posting import CHARGEBACK_RECEIVED, REFUND_PROCESSED, SALE_CREATED
from ingest.simulation.formats.envelope import compact
from ingest.simulation.odd.scene import STORE

if TYPE_CHECKING:
    from ingest.simulation.odd.scene import Scene

# Each sells in one situation alone, which knows the figures that its alert claims.
_STORE_OF_HOURS = "nightbulb"
_STORE_OF_PERCENT = "dimmerdeals"


def specific_key_and_generic_key(scene: Scene) -> None:
    """Tell a refund and a chargeback with the time and the amount of their sale under the generic keys."""
    receipt, amount = scene.sell()
    sold = {"transaction_date": clock.zulu(scene.at(0)), "total_order_amount": amount}
    refund = scene.reversal_data(receipt, 5, "refunded_at", refund_amount=10.0, **sold)
    scene.tell(REFUND_PROCESSED, refund, 5)
    dispute = scene.reversal_data(receipt, 11, "disputed_at", chargeback_amount=5.0, **sold)
    scene.tell(CHARGEBACK_RECEIVED, dispute, 11)


def comma_that_groups_thousands(scene: Scene) -> None:
    """Write an amount as ``1,234.50``."""
    data = scene.sale_data(scene.receipt(), 0, 1234.5, total_order_amount="1,234.50")
    scene.tell(SALE_CREATED, data, 0)


def comma_that_may_be_a_point(scene: Scene) -> None:
    """Write an amount as ``0,075``, which no thousand explains."""
    data = scene.sale_data(scene.receipt(), 0, 0.08, total_order_amount="0,075")
    scene.tell(SALE_CREATED, data, 0, adds=0)


def minor_units_without_decimals(scene: Scene) -> None:
    """Sell for 4,900 yen, whose minor unit is the yen itself."""
    _sale_in_minor_units(scene, "JPY", 4900)


def minor_units_with_three_decimals(scene: Scene) -> None:
    """Sell for 89.500 Tunisian dinars, written as 89,500 millimes."""
    _sale_in_minor_units(scene, "TND", 89_500)


def _sale_in_minor_units(scene: Scene, currency: str, minor: int) -> None:
    amounts = {"total_order_amount_minor": minor, "account_amount_minor": minor // 2}
    data = scene.sale_data(
        scene.receipt(), 0, 0, currency=currency, total_order_amount=None, account_amount=None, **amounts
    )
    scene.tell(SALE_CREATED, data, 0)


def bare_dates(scene: Scene) -> None:
    """Tell a sale and its refund with dates alone."""
    receipt, amount = scene.receipt(), scene.amount()
    sale = scene.sale_data(receipt, 0, amount, transaction_time=None, sale_date=clock.day(scene.at(0)))
    scene.tell(SALE_CREATED, sale, 0)
    refund = scene.reversal_data(receipt, 4, "refund_date", refund_amount=amount)
    scene.tell(REFUND_PROCESSED, refund | {"refund_date": clock.day(scene.at(4))}, 4)


def quantity_and_unit_price(scene: Scene) -> None:
    """Sell three of a thing, and write the price of one."""
    lines = [{"item_no": "WICK-3", "product_title": "Three Wicks", "quantity": 3, "unit_price": 12.5}]
    data = scene.sale_data(scene.receipt(), 0, 37.5, items=lines, product_id=None, product_name=None)
    scene.tell(SALE_CREATED, data, 0)


def payment_plan_of_a_line(scene: Scene) -> None:
    """Write the payment plan of a line as an object of its own."""
    plan = {
        "paymentsProcessed": 1, "paymentsRemaining": 2, "rebillAmount": 19.0,
        "nextPaymentDate": clock.day(scene.at(30)),
    }  # fmt: skip
    lines = [
        {"itemNo": "LANTERN-CLUB", "productTitle": "Lantern Club", "productPrice": 19.0, "paymentPlan": plan}
    ]
    data = scene.sale_data(scene.receipt(), 0, 19.0, lineItems=lines, product_id=None, product_name=None)
    scene.tell(SALE_CREATED, data, 0)


def keys_of_orders_1_2(scene: Scene) -> None:
    """Tell a sale as a row of version 1.2 of the Orders API."""
    row = {
        "date": clock.extended(scene.at(0)), "receipt": scene.receipt(), "promo": "camp12", "pmtType": "VISA",
        "txnType": "SALE", "item": "LANTERN-1", "amount": 37.0, "site": STORE, "affi": "lampreview",
        "title": "Paper Lantern Patterns", "currency": "USD",
    }  # fmt: skip
    scene.tell(SALE_CREATED, row, 0)


def lone_surrogate_in_a_title(scene: Scene) -> None:
    """Cut a title inside an emoji, which leaves half of it as an escape."""
    data = scene.sale_data(scene.receipt(), 0, scene.amount(), product_name="Lantern CUT")
    body = compact({"type": SALE_CREATED, "data": data}).replace("CUT", "\\ud83d")
    scene.tell_bytes(SALE_CREATED, body.encode(), 0)


def alert_over_hours(scene: Scene) -> None:
    """Reach a threshold over 24 hours, before which two more sales were made."""
    store = _STORE_OF_HOURS
    for days in (0, 0.1, 1.5, 1.7, 1.9):
        scene.sell(days, vendor=store)
    alert = {
        "rule_id": "rule-sale_count-24h", "metric": "sale_count", "operator": "gte", "limit": 3, "actual": 3,
        "window_hours": 24, "vendor": store, "reached_at": clock.zulu(scene.at(2)),
    }  # fmt: skip
    scene.tell(THRESHOLD_REACHED, alert, 2, adds=0)


def percent_sign(scene: Scene) -> None:
    """Write a limit as ``5%`` and the value that reached it as ``25%``."""
    store = _STORE_OF_PERCENT
    sales = [scene.sell(days, vendor=store) for days in (0, 0.3, 0.6, 0.9)]
    receipt, amount = sales[1]
    refund = scene.reversal_data(receipt, 2, "refunded_at", vendor=store, refund_amount=amount)
    scene.tell(REFUND_PROCESSED, refund, 2)
    alert = {
        "alert_id": "alert-refund_rate-7d", "metric": "refund_rate", "condition": "above", "threshold": "5%",
        "value": "25%", "window_days": 7, "vendor": store, "triggered_at": clock.zulu(scene.at(3)),
    }  # fmt: skip
    scene.tell(THRESHOLD_REACHED, alert, 3, adds=0)


SITUATIONS = (
    specific_key_and_generic_key,
    comma_that_groups_thousands,
    comma_that_may_be_a_point,
    minor_units_without_decimals,
    minor_units_with_three_decimals,
    bare_dates,
    quantity_and_unit_price,
    payment_plan_of_a_line,
    keys_of_orders_1_2,
    lone_surrogate_in_a_title,
    alert_over_hours,
    percent_sign,
)
