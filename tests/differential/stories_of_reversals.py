"""Lives of refunds and disputes: in parts, with and without ids, failed, foreign, reopened."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tests.differential.money_events import created, dispute, refund, sale

if TYPE_CHECKING:
    from tests.differential.teller import Body, Teller

ENDINGS = ("won", "lost", "reversed")


def in_parts(teller: Teller) -> list[Body]:
    """A part is refunded, and then the rest; a second dispute may follow."""
    receipt, at, amount = teller.receipt(), teller.at(0, 30), teller.price()
    first = teller.later(at)
    second = teller.later(first)
    bodies = [sale(teller, receipt, at, amount)] if teller.chance(0.85) else []
    bodies.append(refund(teller, receipt, first, amount / 2))
    bodies.append(refund(teller, receipt, second, teller.one(amount / 2, amount, 5)))
    if teller.chance(0.3):
        bodies.append(dispute(teller, receipt, teller.later(second), amount))
    return bodies


def with_and_without_an_id(teller: Teller) -> list[Body]:
    """Told with an id and without it is one refund; two ids are two."""
    receipt, at = teller.receipt(), teller.at(0, 30)
    later = teller.later(at)
    ids = teller.one(("R1", None), ("R1", None), ("R1", "R2"), (None, None), ("R1", "R2", None))
    tell, key = teller.one((refund, "refund_id"), (dispute, "chargeback_id"))
    bodies = [sale(teller, receipt, at, 80)]
    for place, told in enumerate(ids):
        named = {} if told is None else {key: f"{told}-{receipt}"}
        fee = {"fee": None, "chargeback_fee": None, "account_amount": None}
        bodies.append(tell(teller, receipt, later, 40, attempt_count=place, **fee, **named))
    return bodies


def per_line(teller: Teller) -> list[Body]:
    """A refund told per line, in one body or in two, under one id or none."""
    receipt, at = teller.receipt(), teller.at(0, 30)
    later = teller.later(at)
    lines = [{"item_no": item, "product_price": 30, "quantity": 1} for item in ("P1", "P2")]
    bodies = [sale(teller, receipt, at, 60, line_items=lines, item_no=None)]
    named = teller.one({}, {"refund_id": f"L-{receipt}"})
    who = {"receipt": receipt, "vendor": "lakeshop", "currency": "USD", "refunded_at": later.isoformat()}
    rows = [
        who | named | {"item_no": item, "refund_amount": amount} for item, amount in (("P1", 30), ("P2", 12))
    ]
    if teller.chance(0.5):
        return [*bodies, teller.told("refund.processed", rows)]
    return [*bodies, *(teller.told("refund.processed", row) for row in rows)]


def over_several_receipts(teller: Teller) -> list[Body]:
    """One dispute or refund id over several receipts is a reversal of each."""
    at = teller.at(0, 30)
    later = teller.later(at)
    receipts = [teller.receipt(), teller.receipt()]
    bodies = [sale(teller, receipt, at, 80) for receipt in receipts]
    tell, key = teller.one((refund, "refund_id"), (dispute, "chargeback_id"))
    name = teller.name("X")
    return [*bodies, *(tell(teller, receipt, later, 80, **{key: name}) for receipt in receipts)]


def failed(teller: Teller) -> list[Body]:
    """A refund that failed or waits took nothing back; of several tellings of one the latest decides."""
    receipt, at = teller.receipt(), teller.at(0, 30)
    later = teller.later(at)
    bodies = [sale(teller, receipt, at, 80)]
    statuses = teller.one(
        ("failed",), ("pending", "processed"), ("processed", "Canceled"), ("pending", "declined")
    )
    for number, status in enumerate(statuses):
        envelope = created(teller, later + timedelta(hours=number))
        named = {"refund_id": f"R-{receipt}", "account_amount": None, "fee": None}
        bodies.append(refund(teller, receipt, later, 80, status=status, envelope=envelope, **named))
    return bodies


def in_another_currency(teller: Teller) -> list[Body]:
    """No figure adds or compares amounts in two currencies, however it joins the rows."""
    receipt, at = teller.receipt(), teller.at(0, 30)
    later = teller.later(at)
    bodies = [sale(teller, receipt, at, 80, total_account_amount=20)]
    tell = teller.one(refund, dispute)
    bodies.append(tell(teller, receipt, later, 70, currency="EUR"))
    if teller.chance(0.5):
        bodies.append(refund(teller, receipt, teller.later(later), 30, currency=teller.one("USD", None)))
    return bodies


def naming_others(teller: Teller) -> list[Body]:
    """A reversal that names another affiliate is still its sale's."""
    receipt, at = teller.receipt(), teller.at(0, 30)
    bodies = [sale(teller, receipt, at, 80, affiliate=teller.one("joe", None))]
    tell = teller.one(refund, dispute)
    other = teller.one({"affiliate": "eve"}, {"affiliate": "0"}, {"vendor": None, "affiliate": "eve"})
    return [*bodies, tell(teller, receipt, teller.later(at), 80, **other)]


def of_a_kind(teller: Teller) -> list[Body]:
    """Refunds of tax, told full ones, told partial ones."""
    receipt, at = teller.receipt(), teller.at(0, 30)
    kind = teller.one(
        {"refund_type": "TAX"},
        {"refund_type": "FULL"},
        {"refund_type": "partial_amount"},
        {"is_partial": True},
    )
    bodies = [sale(teller, receipt, at, 80, total_tax_amount=5)]
    bodies.append(refund(teller, receipt, teller.later(at), teller.one(5, 80, 79.99), **kind))
    if teller.chance(0.4):
        bodies.append(refund(teller, receipt, teller.later(at), 75, refund_id=f"S-{receipt}"))
    return bodies


def before_its_sale(teller: Teller) -> list[Body]:
    """A reversal dated before its sale, and one whose sale nobody told."""
    receipt, at = teller.receipt(), teller.at(10, 30)
    early = at - timedelta(days=teller.rng.randint(0, 3), hours=1)
    told = teller.one({}, {"original_transaction_time": teller.when(at - timedelta(days=5))})
    bodies = [teller.one(refund, dispute)(teller, receipt, early, 80, **told)]
    return [*bodies, sale(teller, receipt, at, 80)] if teller.chance(0.5) else bodies


def disputed(teller: Teller) -> list[Body]:
    """A dispute counts once, from its first notice with an amount on; its ending may tell an id or none."""
    receipt, at = teller.receipt(), teller.at(0, 20)
    bodies = [sale(teller, receipt, at, 80, total_account_amount=20)]
    has_id = teller.chance(0.6)
    named = {"chargeback_id": f"D-{receipt}"} if has_id else {}
    opened = teller.later(at, 5)
    if has_id and teller.chance(0.5):
        bodies.append(dispute(teller, receipt, opened, 0, **named))
    bodies.append(dispute(teller, receipt, opened + timedelta(days=1), 80, **named))
    if has_id and teller.chance(0.3):
        bodies.append(dispute(teller, receipt, opened + timedelta(days=2), 60, chargeback_fee=29, **named))
    ended = opened + timedelta(days=teller.rng.randint(3, 8))
    if teller.chance(0.7):
        told = teller.one({}, named)
        bodies.append(
            dispute(teller, receipt, ended, teller.one(None, 0, 80), status=teller.one(*ENDINGS), **told)
        )
    if teller.chance(0.3):
        second = {"chargeback_id": f"E-{receipt}"} if has_id else {}
        bodies.append(dispute(teller, receipt, ended + timedelta(days=2), 80, **second))
    return bodies


def in_minor_units(teller: Teller) -> list[Body]:
    """A reversal in minor units that leaves its currency out, told with it or without it, of a sale in any."""
    receipt, at = teller.receipt(), teller.at(0, 20)
    currency, rebill = teller.one("JPY", "JPY", "TND", "USD", None), teller.one("", "", "-B002")
    bodies = [sale(teller, receipt, at, 9000, currency=currency)] if teller.chance(0.9) else []
    later = teller.later(at)
    for place in range(teller.rng.randint(1, 2)):
        tell, key = teller.one((refund, "refund_id"), (dispute, "chargeback_id"))
        minor = {
            "amount_cents": teller.one(5000, 5000, 300000),
            "fee": None,
            "chargeback_fee": None,
            "account_amount": None,
        }
        minor |= {
            "currency": teller.one(None, None, currency),
            key: teller.one(None, f"M{receipt}"),
            "attempt_count": place,
        }
        if teller.chance(0.3):
            minor["fee_cents"] = 200
        bodies.append(tell(teller, f"{receipt}{rebill}", later, None, **minor))
    return bodies


def told_of_disputes_to_two_roles(teller: Teller) -> list[Body]:
    """A dispute that vendor and affiliate hear of is two rows and one chargeback."""
    receipt, at = teller.receipt(), teller.at(0, 20)
    later = teller.later(at)
    bodies = [
        sale(teller, receipt, at, 80, role=role) for role in ("VENDOR", "AFFILIATE") if teller.chance(0.8)
    ]
    kind = teller.one({}, {"transaction_type": "INSF"}, {"transaction_type": "CGBK"})
    bodies += [dispute(teller, receipt, later, 80, role=role, **kind) for role in ("VENDOR", "AFFILIATE")]
    return bodies


STORIES = (
    in_parts,
    with_and_without_an_id,
    per_line,
    over_several_receipts,
    failed,
    in_another_currency,
    naming_others,
    of_a_kind,
    before_its_sale,
    disputed,
    in_minor_units,
    told_of_disputes_to_two_roles,
)
