"""Situations that ask which tellings are about one thing: reused ids, shared numbers, sales and refunds in parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.simulation.business.posting import REFUND_PROCESSED, SALE_CREATED
from ingest.simulation.odd.scene import OTHER_STORE

if TYPE_CHECKING:
    from ingest.simulation.odd.scene import Scene

_REBILL_DAYS = 30


def subscription_id_as_event_id(scene: Scene) -> None:
    """Name three sales by the id of the webhook subscription."""
    name = scene.reference("whk")
    for days in (0, 1):
        receipt, amount = scene.receipt(), scene.amount()
        scene.tell(SALE_CREATED, scene.sale_data(receipt, days, amount), days, id=name)
    data = scene.sale_data(scene.receipt(), 2, scene.amount())
    scene.tell(SALE_CREATED, data, 2, webhook_id=name)


def one_number_in_two_stores(scene: Scene) -> None:
    """Sell under one order number in two stores, and refund the sale of the second."""
    number = scene.receipt()
    scene.tell(SALE_CREATED, scene.sale_data(number, 0, 47.0), 0)
    scene.tell(SALE_CREATED, scene.sale_data(number, 0.1, 88.5, vendor=OTHER_STORE), 0.1)
    refund = scene.reversal_data(number, 6, "refunded_at", vendor=OTHER_STORE, refund_amount=88.5)
    scene.tell(REFUND_PROCESSED, refund, 6)


def refund_without_a_seller(scene: Scene) -> None:
    """Refund a sale without a word about its seller: only one store has the receipt."""
    receipt, amount = scene.sell()
    refund = scene.reversal_data(receipt, 5, "refunded_at", vendor=None, refund_amount=amount)
    scene.tell(REFUND_PROCESSED, refund, 5)


def ambiguous_receipt(scene: Scene) -> None:
    """Refund a number that two stores sold at one price, without a word about the seller."""
    number, amount = scene.receipt(), scene.amount()
    scene.tell(SALE_CREATED, scene.sale_data(number, 0, amount), 0)
    scene.tell(SALE_CREATED, scene.sale_data(number, 0.2, amount, vendor=OTHER_STORE), 0.2)
    refund = scene.reversal_data(number, 4, "refunded_at", vendor=None, refund_amount=amount)
    scene.tell(REFUND_PROCESSED, refund, 4)


def rebill_with_the_receipt_of_its_sale(scene: Scene) -> None:
    """Bill a second payment under the receipt of the first."""
    receipt, amount = scene.sell(recurring=True)
    more = {"transaction_type": "BILL", "payment_number": 2, "recurring": True}
    scene.tell(SALE_CREATED, scene.sale_data(receipt, _REBILL_DAYS, amount, **more), _REBILL_DAYS)


def rebill_with_a_receipt_of_its_own(scene: Scene) -> None:
    """Bill a second payment under the root receipt with a suffix."""
    receipt, amount = scene.sell(recurring=True)
    more = {"transaction_type": "REBILL", "recurring": True}
    data = scene.sale_data(f"{receipt}-B002", _REBILL_DAYS, amount, **more)
    scene.tell(SALE_CREATED, data, _REBILL_DAYS)


def sale_as_a_row_per_item(scene: Scene) -> None:
    """Tell one sale as two rows, each with the amount of its item."""
    receipt = scene.receipt()
    items = (("LANTERN-1", "Paper Lantern Patterns", 37.0), ("WICK-3", "Three Wicks", 12.5))
    rows = [
        scene.sale_data(
            receipt, 0, price, product_id=item_no, product_name=title, total_order_amount=None, amount=price
        )
        for item_no, title, price in items
    ]
    scene.tell(SALE_CREATED, rows, 0)


def refund_over_two_lines(scene: Scene) -> None:
    """Refund both lines of a sale in two rows with one refund id."""
    receipt = scene.receipt()
    lines = [
        {"item_no": "LANTERN-1", "product_title": "Paper Lantern Patterns", "product_price": 37.0},
        {"item_no": "WICK-3", "product_title": "Three Wicks", "product_price": 12.5},
    ]
    sale = scene.sale_data(receipt, 0, 49.5, items=lines, product_id=None, product_name=None)
    scene.tell(SALE_CREATED, sale, 0)
    name = scene.reference("rf")
    rows = [
        scene.reversal_data(
            receipt,
            7,
            "refunded_at",
            refund_id=name,
            refund_amount=line["product_price"],
            product_id=line["item_no"],
        )
        for line in lines
    ]
    scene.tell(REFUND_PROCESSED, rows, 7)


def parts_that_disagree(scene: Scene) -> None:
    """Tell one sale in two rows that name two totals of the order."""
    receipt = scene.receipt()
    rows = [scene.sale_data(receipt, 0, 57.0), scene.sale_data(receipt, 0, 75.0, product_id="WICK-3")]
    scene.tell(SALE_CREATED, rows, 0, adds=0)


def refund_with_and_without_an_id(scene: Scene) -> None:
    """Tell one refund twice: the second telling has the id that the first leaves out."""
    receipt, amount = scene.sell()
    refund = scene.reversal_data(receipt, 9, "refunded_at", refund_amount=amount)
    scene.tell(REFUND_PROCESSED, refund, 9)
    scene.tell(REFUND_PROCESSED, refund | {"refund_id": scene.reference("rf")}, 9.01, adds=0)


def hyphenated_order_numbers(scene: Scene) -> None:
    """Sell two orders whose numbers share the part before the hyphen, and refund the second."""
    first = int(scene.receipt(), 36) % 90_000 + 10_000
    for number in (first, first + 1):
        scene.tell(SALE_CREATED, scene.sale_data(f"ORD-{number}", 0, 27.0), 0)
    refund = scene.reversal_data(f"ORD-{first + 1}", 3, "refunded_at", refund_amount=27.0)
    scene.tell(REFUND_PROCESSED, refund, 3)


SITUATIONS = (
    subscription_id_as_event_id,
    one_number_in_two_stores,
    refund_without_a_seller,
    ambiguous_receipt,
    rebill_with_the_receipt_of_its_sale,
    rebill_with_a_receipt_of_its_own,
    sale_as_a_row_per_item,
    refund_over_two_lines,
    parts_that_disagree,
    refund_with_and_without_an_id,
    hyphenated_order_numbers,
)
