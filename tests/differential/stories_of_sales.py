"""Lives of sales: told twice, corrected, split, rebilled, and sold under one number in two stores."""

from __future__ import annotations

from datetime import timedelta

from tests.differential.money_events import created, dispute, refund, sale, sale_data
from tests.differential.teller import ITEMS, VENDORS, Body, Teller


def told_to_several_roles(teller: Teller) -> list[Body]:
    """One sale as the vendor, the affiliate and a partner see it; perhaps refunded, also told to some of them."""
    receipt, at, amount = teller.receipt(), teller.at(), teller.price()
    roles = teller.rng.sample(["VENDOR", "Seller", "AFFILIATE", "JV_UPSELL", None], 2)
    bodies = [sale(teller, receipt, at, amount, role=role, total_account_amount=amount / 4) for role in roles]
    if teller.chance(0.6):
        later = teller.later(at)
        told = [role for role in roles if teller.chance(0.7)]
        bodies += [refund(teller, receipt, later, amount / 2, role=role) for role in told]
    return bodies


def corrected(teller: Teller) -> list[Body]:
    """Bodies with one event id about one sale: the latest wins, with any difference between them."""
    receipt, at = teller.receipt(), teller.at()
    bodies = []
    for number in range(teller.rng.randint(2, 3)):
        written = at + timedelta(hours=number)
        envelope = {"id": f"evt_{receipt}"} | (created(teller, written) if teller.chance(0.8) else {})
        more = {"transaction_type": "SALE"} if teller.chance(0.5) else {}
        moved = at + timedelta(days=teller.rng.randint(0, 2))
        bodies.append(sale(teller, receipt, moved, teller.price(), envelope=envelope, **more))
    return bodies


def id_of_two_things(teller: Teller) -> list[Body]:
    """One event id on two receipts, or on a sale and its rebill: two events."""
    event_id, at = teller.name("evt_"), teller.at()
    first, second = teller.receipt(), teller.receipt()
    if teller.chance(0.5):
        return [
            sale(teller, receipt, at, teller.price(), envelope={"id": event_id})
            for receipt in (first, second)
        ]
    envelope = {"id": event_id}
    later = at + timedelta(days=30)
    return [
        sale(teller, first, at, 80, transaction_type="SALE", envelope=envelope),
        sale(teller, first, later, 80, transaction_type="BILL", envelope=envelope),
    ]


def id_that_names_no_event(teller: Teller) -> list[Body]:
    """An id of the subscription or of the order is no event id."""
    at = teller.at()
    first, second = teller.receipt(), teller.receipt()
    kind = teller.one("webhook", "receipt", "order")
    bodies = []
    for receipt in (first, second):
        envelope = {"webhook_id": "wh_1"} if kind == "webhook" else {"id": receipt}
        bodies.append(sale(teller, receipt, at, teller.price(), envelope=envelope))
        if kind == "receipt" and teller.chance(0.5):
            bodies.append(sale(teller, receipt, at, 80, transaction_type="BILL", envelope=envelope))
    return bodies


def one_number_in_two_stores(teller: Teller) -> list[Body]:
    """A receipt is unique per seller: a reversal without one goes to the only sale that fits."""
    receipt, at = teller.receipt(), teller.at()
    stores = teller.rng.sample(list(VENDORS), 2)
    amounts = teller.one((100, 30), (80, 80), (100, 100.5))
    bodies = [
        sale(teller, receipt, at + timedelta(hours=place), amount, vendor=vendor)
        for place, (vendor, amount) in enumerate(zip(stores, amounts, strict=True))
    ]
    later = teller.later(at)
    told = teller.one(stores[0], None, None)
    bodies.append(refund(teller, receipt, later, teller.one(*amounts), vendor=told))
    if teller.chance(0.3):
        bodies.append(dispute(teller, receipt, later, 30, vendor=teller.one(*stores, None)))
    return bodies


def without_a_seller(teller: Teller) -> list[Body]:
    """A telling without a vendor belongs to the only seller known; else the envelope's account stands in."""
    receipt, at = teller.receipt(), teller.at()
    account = {"account": teller.one("lakeshop", "mainshop")}
    bodies = [sale(teller, receipt, at, 80, vendor=None, envelope=account)]
    if teller.chance(0.6):
        bodies.append(sale(teller, receipt, at, 80, vendor=teller.vendor()))
    if teller.chance(0.6):
        later = teller.later(at)
        vendor, envelope = teller.one((None, {}), (None, account), ("lakeshop", {}))
        bodies.append(refund(teller, receipt, later, 80, vendor=vendor, envelope=envelope))
    return bodies


def rebilled_under_one_receipt(teller: Teller) -> list[Body]:
    """Rebills with the receipt of their sale: the payment number names them, or else their instant."""
    receipt, at, amount = teller.receipt(), teller.at(0, 20), teller.price()
    bodies = [sale(teller, receipt, at, amount, transaction_type="SALE")]
    payments = [at + timedelta(days=7 * number) for number in range(1, teller.rng.randint(2, 4))]
    is_numbered = teller.chance(0.5)
    for number, paid in enumerate(payments, start=2):
        named = {"payment_number": number} if is_numbered else {}
        word = teller.one("BILL", "rebill", "Bill")
        bodies.append(sale(teller, receipt, paid, amount, transaction_type=word, **named))
        if teller.chance(0.3):
            bodies.append(
                sale(teller, receipt, paid, amount, transaction_type="BILL", attempt_count=2, **named)
            )
    if teller.chance(0.7):
        bodies.append(refund(teller, receipt, teller.later(teller.one(at, *payments), 6), amount))
    return bodies


def rebilled_under_own_receipts(teller: Teller) -> list[Body]:
    """Rebills with a suffix of their own; one of them is refunded, known or not."""
    receipt, at, amount = teller.receipt(), teller.at(0, 20), teller.price()
    bodies = [sale(teller, receipt, at, amount)] if teller.chance(0.7) else []
    for number in range(2, teller.rng.randint(3, 5)):
        paid = at + timedelta(days=7 * number)
        if teller.chance(0.8):
            told = {"transaction_type": teller.one("BILL", "SALE")} if teller.chance(0.6) else {}
            bodies.append(sale(teller, f"{receipt}-B{number:03}", paid, amount, **told))
        if teller.chance(0.4):
            suffixed = f"{receipt}-B{number:03}"
            bodies.append(
                refund(teller, suffixed, teller.later(paid), amount, affiliate=teller.one("eve", None))
            )
    return bodies


def numbers_with_hyphens(teller: Teller) -> list[Body]:
    """`ORD-1001` and `ORD-1002` are two orders of two customers."""
    at, stem = teller.at(), teller.receipt()
    first, second = f"{stem}-1001", f"{stem}-1002"
    bodies = [sale(teller, receipt, at, teller.price()) for receipt in (first, second)]
    return [*bodies, refund(teller, first, teller.later(at), 19)]


def told_per_item(teller: Teller) -> list[Body]:
    """A sale told as a row per item: the parts add up, but for a total of the order."""
    receipt, at = teller.receipt(), teller.at()
    kind = teller.one("own", "own", "total", "disagree", "twice")
    amount_key = teller.one("amount", "sale_amount") if kind in {"own", "twice"} else "total_order_amount"
    rows = []
    for place, item in enumerate(ITEMS[: teller.rng.randint(2, 3)]):
        amount = {"own": 20 + place, "twice": 20 + place, "total": 63, "disagree": 63 + place}[kind]
        fields = {"item_no": item, "affiliate": "joe", "sold_at": at.isoformat(), amount_key: amount}
        rows.append({"receipt": receipt, "vendor": "lakeshop", "currency": "USD", **fields})
    if kind == "twice":
        rows.append(dict(rows[0]))
    dialect = teller.one("snake", "ins", "legacy")
    bodies = [teller.told("sale.created", [teller.spelt(row, dialect) for row in rows])]
    if teller.chance(0.5):
        refunded = {"refund_amount": 20, "item_no": teller.one(*ITEMS)}
        bodies.append(refund(teller, receipt, teller.later(at), None, **refunded))
    return bodies


def several_orders_in_one_body(teller: Teller) -> list[Body]:
    """A body with rows about different receipts: each is a thing of its own, in one event."""
    at = teller.at()
    rows = [
        teller.spelt(sale_data(teller, teller.receipt(), at, teller.price()), "snake")
        for _ in range(teller.rng.randint(2, 3))
    ]
    if teller.chance(0.3):
        rows.append({"receipt": teller.receipt(), "transaction_type": "FEE", "amount": 3})
    if teller.chance(0.2):
        rows.append(teller.one({"receipt": "LOST"}, 7))
    return [teller.told("sale.created", rows)]


def upsold(teller: Teller) -> list[Body]:
    """A front-end sale, its upsell and a rebill of the upsell are one session."""
    receipt, at = teller.receipt(), teller.at(0, 30)
    upsell = f"{receipt}U"
    flow = {"upsell_original_receipt": receipt}
    bodies = [
        sale(teller, receipt, at, teller.price()),
        sale(teller, upsell, at + timedelta(minutes=2), 37.5, **flow),
    ]
    if teller.chance(0.5):
        bodies.append(sale(teller, f"{upsell}-B002", at + timedelta(days=14), 37.5))
    return [body for body in bodies if teller.chance(0.85)]


def odd_amounts(teller: Teller) -> list[Body]:
    """Sales of nothing, of less than nothing, and with an account amount alone."""
    receipt, at = teller.receipt(), teller.at()
    kind = teller.one("zero", "negative", "account", "negative account")
    if kind in {"zero", "negative"}:
        return [sale(teller, receipt, at, 0 if kind == "zero" else -20)]
    amount = 12.5 if kind == "account" else -12.5
    bodies = [sale(teller, receipt, at, None, total_account_amount=amount)]
    return [*bodies, refund(teller, receipt, teller.later(at), 12.5)] if teller.chance(0.5) else bodies


STORIES = (
    told_to_several_roles,
    corrected,
    id_of_two_things,
    id_that_names_no_event,
    one_number_in_two_stores,
    without_a_seller,
    rebilled_under_one_receipt,
    rebilled_under_own_receipts,
    numbers_with_hyphens,
    told_per_item,
    several_orders_in_one_body,
    upsold,
    odd_amounts,
)
