"""The same few ids, receipts, sellers and parts, thrown together at random: nothing may depend on luck."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.differential.money_events import created, dispute, refund, sale
from tests.differential.teller import ITEMS, VENDORS, given

if TYPE_CHECKING:
    from tests.differential.teller import Body, Teller


def one_id_on_many_bodies(teller: Teller) -> list[Body]:
    """Bodies with one event id that leave out now this and now that of their subject."""
    event_id, at = teller.name("evt_"), teller.at(0, 30)
    receipts = [teller.receipt(), teller.receipt()]
    bodies = []
    for number in range(teller.rng.randint(2, 4)):
        more = given(
            vendor=teller.one("lakeshop", "lakeshop", "storea"),
            transaction_type=teller.one("SALE", "SALE", "BILL", None),
        )
        envelope = {"id": event_id}
        if teller.chance(0.7):
            envelope |= created(teller, at + timedelta(hours=number))
        receipt = teller.one(receipts[0], *receipts)
        bodies.append(sale(teller, receipt, at, teller.price(), envelope=envelope, **more))
    return bodies


def parts_of_anything(teller: Teller) -> list[Body]:
    """Rows of one body that add up, or that contradict each other."""
    receipt, at = teller.receipt(), teller.at(0, 30)
    event_type, time_key, amounts, id_key = teller.one(
        ("sale.created", "sold_at", ("amount", "sale_amount", "total_order_amount"), "payment_number"),
        ("refund.processed", "refunded_at", ("refund_amount", "amount"), "refund_id"),
        ("chargeback.received", "disputed_at", ("chargeback_amount", "amount"), "dispute_id"),
    )
    amount_key, named = teller.one(*amounts), teller.one(None, None, 7)
    currency, other = teller.one(("USD", "USD"), ("USD", "USD"), ("USD", None), ("USD", "EUR"))
    rows: list[Any] = []
    for item in ITEMS[: teller.rng.randint(2, 3)]:
        told = given(
            receipt=receipt,
            vendor=teller.one("lakeshop", "lakeshop", "lakeshop", None),
            currency=other if rows else currency,
            item_no=teller.one(item, item, ITEMS[0]),
            fee=teller.one(None, None, 1, 2),
            tax=teller.one(None, None, 2),
            account_amount=teller.one(None, 4, 4, 6),
            affiliate=teller.one("joe", "joe", "eve", None),
            payment_method=teller.one(None, "VISA", "PYPL"),
            country=teller.one(None, "US", "DE"),
            tracking_id=teller.one(None, None, "t1"),
            payments_remaining=teller.one(None, None, 3),
            refund_type=teller.one(None, None, "PARTIAL") if event_type == "refund.processed" else None,
            original_transaction_time=teller.one(None, (at - timedelta(days=9)).isoformat()),
        )
        if teller.chance(0.8):
            told[time_key] = at.isoformat()
        told[amount_key] = teller.one(10, 20, 20, -5)
        rows.append(told | ({} if named is None else {id_key: named}))
    bodies = [teller.told(event_type, rows, **created(teller, teller.one(at, at + timedelta(days=1))))]
    if event_type != "sale.created":
        bodies.append(sale(teller, receipt, at - timedelta(days=2), 40, total_account_amount=10))
    elif teller.chance(0.5):
        bodies.append(refund(teller, receipt, teller.later(at), teller.one(10, 40)))
    return bodies


def sold_somewhere(teller: Teller) -> list[Body]:
    """One number in two or three stores, in one or two currencies, and reversals that name no seller."""
    receipt, at = teller.receipt(), teller.at(0, 30)
    bodies = []
    for place, vendor in enumerate(VENDORS[: teller.rng.randint(2, 3)]):
        amount, currency = teller.one(80, 80, 100, 30), teller.one("USD", "USD", "EUR")
        moment = at + timedelta(minutes=place)
        bodies.append(sale(teller, receipt, moment, amount, vendor=vendor, currency=currency))
    for _ in range(teller.rng.randint(1, 2)):
        tell = teller.one(refund, refund, dispute)
        envelope = {"account": teller.one("storea", "elsewhere")} if teller.chance(0.3) else {}
        amount, currency = teller.one(80, 100, 30, 90, 20), teller.one("USD", "EUR", None)
        later = teller.later(at)
        bodies.append(tell(teller, receipt, later, amount, vendor=None, currency=currency, envelope=envelope))
    return bodies


def known_by_account_alone(teller: Teller) -> list[Body]:
    """No telling names a vendor; one account does, or several."""
    receipt, at = teller.receipt(), teller.at(0, 30)
    accounts = teller.one(("lakeshop", "lakeshop"), ("lakeshop", "storea"), ("lakeshop", None))
    bodies = []
    for number, account in enumerate(accounts):
        envelope = {} if account is None else {"account": account}
        moment = at + timedelta(hours=number)
        bodies.append(sale(teller, receipt, moment, 80, vendor=None, envelope=envelope))
    if teller.chance(0.5):
        bodies.append(refund(teller, receipt, teller.later(at), 80, vendor=None))
    return bodies


def rebilled_and_reversed(teller: Teller) -> list[Body]:
    """Payments of one receipt told to several roles, with and without numbers, and reversals of some of them."""
    receipt, at = teller.receipt(), teller.at(0, 10)
    bodies = []
    for number in range(teller.rng.randint(2, 4)):
        paid = at + timedelta(days=7 * number)
        for role in teller.one(("VENDOR",), ("VENDOR", "AFFILIATE"), ("AFFILIATE",)):
            kind = {"transaction_type": "SALE" if number == 0 else "BILL"}
            if number and teller.chance(0.5):
                kind["payment_number"] = number + 1
            more: Body = kind | {"role": role, "total_account_amount": teller.one(20, 10)}
            bodies.append(sale(teller, receipt, paid, 80, **more))
    for _ in range(teller.rng.randint(0, 3)):
        tell = teller.one(refund, refund, dispute)
        later, role = teller.later(at, 35), teller.one("VENDOR", "VENDOR", "AFFILIATE")
        bodies.append(tell(teller, receipt, later, teller.one(80, 40, 79.99), role=role))
    return bodies


def disputes_of_one_receipt(teller: Teller) -> list[Body]:
    """Notices of two or three disputes, in any state, with and without ids, told to one role or to two."""
    receipt, at = teller.receipt(), teller.at(0, 15)
    bodies = [sale(teller, receipt, at, 80, total_account_amount=20)]
    for number in range(teller.rng.randint(2, 7)):
        told = given(
            chargeback_id=teller.one(None, f"D-{receipt}", f"E-{receipt}"),
            status=teller.one(None, None, "received", "won", "lost", "reversed"),
            role=teller.one(None, None, "AFFILIATE"),
            card_network=teller.one(None, "VISA"),
        )
        moment = at + timedelta(days=3 * number, minutes=number)
        bodies.append(dispute(teller, receipt, moment, teller.one(80, 60, 0), **told))
    return bodies


def told_again(teller: Teller) -> list[Body]:
    """Alerts and syncs that are told twice: with one id, with another, with a correction."""
    at = teller.at(20)
    kind, times, figures = teller.one(
        ("threshold.reached", "triggered_at", ("current_value", 3, 4)),
        ("data.synced", "completed_at", ("records", 3, 4)),
    )
    key, *values = figures
    bodies = []
    for number in range(2):
        data = given(
            metric="sale_count" if kind == "threshold.reached" else None,
            source="shop" if kind == "data.synced" else None,
            currency=teller.one("USD", None) if kind == "threshold.reached" else None,
            rule_id=teller.one("rule1", "rule1", "rule2", None) if kind == "threshold.reached" else None,
            sync_id=teller.one("S1", "S1", None) if kind == "data.synced" else None,
        )
        moment = at + timedelta(hours=teller.one(0, 0, 1))
        envelope = {"id": teller.one("n1", "n1", "n2")} if teller.chance(0.6) else {}
        envelope |= created(teller, at + timedelta(hours=number)) if teller.chance(0.6) else {}
        bodies.append(
            teller.told(kind, data | {times: teller.when(moment), key: teller.one(*values)}, **envelope)
        )
    return bodies


STORIES = (
    one_id_on_many_bodies,
    parts_of_anything,
    sold_somewhere,
    known_by_account_alone,
    rebilled_and_reversed,
    disputes_of_one_receipt,
    told_again,
)
