"""Situations that ask whether and how often something counts: types, flags, statuses, disputes, currencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.simulation.business.posting import CHARGEBACK_RECEIVED, REFUND_PROCESSED, SALE_CREATED

if TYPE_CHECKING:
    from ingest.simulation.odd.scene import Scene


def types_that_never_count(scene: Scene) -> None:
    """Tell an abandoned order, a fee and a cancellation as sales."""
    for days, said in enumerate(("ABANDONED_ORDER", "FEE", "CANCEL-REBILL")):
        data = scene.sale_data(scene.receipt(), days, scene.amount(), transaction_type=said)
        scene.tell(SALE_CREATED, data, days, adds=0)


def refund_inside_a_sale(scene: Scene) -> None:
    """Tell a refund's transaction type in an event of a sale."""
    data = scene.sale_data(scene.receipt(), 0, scene.amount(), transaction_type="RFND")
    scene.tell(SALE_CREATED, data, 0, adds=0)


def test_flag_inside_data(scene: Scene) -> None:
    """Flag a test in the data, as the envelope does not."""
    data = scene.sale_data(scene.receipt(), 0, scene.amount(), is_test=True)
    scene.tell(SALE_CREATED, data, 0, adds=0)


def failed_refund(scene: Scene) -> None:
    """Fail to refund a sale."""
    receipt, amount = scene.sell()
    refund = scene.reversal_data(receipt, 4, "refunded_at", refund_amount=amount, status="failed")
    scene.tell(REFUND_PROCESSED, refund, 4, adds=0)


def pending_refund_that_is_done(scene: Scene) -> None:
    """Tell a refund while it is pending, and again when the money has gone back."""
    receipt, amount = scene.sell()
    more = {"refund_id": scene.reference("rf"), "refund_amount": amount}
    pending = scene.reversal_data(receipt, 4, "refunded_at", status="pending", **more)
    scene.tell(REFUND_PROCESSED, pending, 4, adds=0)
    done = scene.reversal_data(receipt, 4.2, "refunded_at", status="completed", **more)
    scene.tell(REFUND_PROCESSED, done, 4.2)


def negative_sale(scene: Scene) -> None:
    """Tell a refund as a sale of a negative amount."""
    data = scene.sale_data(scene.receipt(), 0, -scene.amount())
    scene.tell(SALE_CREATED, data, 0, adds=0)


def inquiry_that_becomes_a_dispute(scene: Scene) -> None:
    """Open a dispute with an inquiry of 0, and book the amount three days later."""
    receipt, amount = scene.sell()
    name = scene.reference("dp")
    for days, disputed in ((12, 0), (15, amount)):
        data = scene.reversal_data(
            receipt, days, "disputed_at", chargeback_id=name, chargeback_amount=disputed, fee_amount=22.0
        )
        scene.tell(CHARGEBACK_RECEIVED, data, days, adds=int(disputed > 0))


def dispute_won_with_an_id(scene: Scene) -> None:
    """Win a dispute; its news repeats the dispute's id and leaves the amount out."""
    _dispute(scene, "won", {"chargeback_id": scene.reference("dp")})


def dispute_reversed_without_an_id(scene: Scene) -> None:
    """Reverse a dispute; neither telling has an id."""
    _dispute(scene, "reversed", {})


def _dispute(scene: Scene, outcome: str, name: dict[str, str]) -> None:
    receipt, amount = scene.sell()
    first = scene.reversal_data(receipt, 10, "disputed_at", chargeback_amount=amount, **name)
    scene.tell(CHARGEBACK_RECEIVED, first, 10)
    news = scene.reversal_data(receipt, 26, "disputed_at", status=outcome, **name)
    scene.tell(CHARGEBACK_RECEIVED, news, 26, adds=0)


def refund_in_another_currency(scene: Scene) -> None:
    """Refund in euros a sale that was made in dollars."""
    receipt, amount = scene.sell()
    refund = scene.reversal_data(
        receipt, 8, "refunded_at", refund_amount=round(amount * 0.92, 2), currency="EUR"
    )
    scene.tell(REFUND_PROCESSED, refund, 8)


def reversal_that_names_another_affiliate(scene: Scene) -> None:
    """Refund the sale of one affiliate in the name of another."""
    receipt, amount = scene.sell(affiliate="lampreview")
    refund = scene.reversal_data(receipt, 6, "refunded_at", refund_amount=amount, affiliate="wickdigest")
    scene.tell(REFUND_PROCESSED, refund, 6)


SITUATIONS = (
    types_that_never_count,
    refund_inside_a_sale,
    test_flag_inside_data,
    failed_refund,
    pending_refund_that_is_done,
    negative_sale,
    inquiry_that_becomes_a_dispute,
    dispute_won_with_an_id,
    dispute_reversed_without_an_id,
    refund_in_another_currency,
    reversal_that_names_another_affiliate,
)
