"""One receipt each, with tellings of few kinds at few instants: ties, repeats and news of everything about it."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.mutants.telling import Body, given, told
from tests.second_oracle import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

RECEIVED = datetime(2026, 5, 1, 12, tzinfo=UTC)
START = datetime(2026, 4, 1, 12, tzinfo=UTC)
ROLES = (("VENDOR",), ("VENDOR", "VENDOR", "AFFILIATE", "JV_UPSELL"))
HOURS: tuple[tuple[float, ...], ...] = ((0,), (0, 0, 5, 18.5, 19.5))
ONE_IN_ROWS = 0.2
# How a second row of a body differs from the first.
OTHERS: dict[str, tuple[Body, ...]] = {
    "sale.created": ({}, {"item_no": "P4"}, {"payment_number": 4}, {"transaction_type": "BILL"}),
    "refund.processed": ({}, {"item_no": "P4"}, {"refund_id": "R3"}),
    "chargeback.received": (
        {},
        {"item_no": "P4"},
        {"chargeback_id": "D3"},
        {"status": "won"},
        {"status": "received"},
    ),
}
AMOUNTS = (10, 20, 20, 80)


@dataclass
class Tangle:
    """The chance of one receipt, and what its tellings share."""

    rng: random.Random
    receipt: str
    vendors: tuple[str, ...]
    currencies: tuple[str | None, ...]
    roles: tuple[str, ...]
    hours: tuple[float, ...]
    days: int

    def one(self, *options: Any) -> Any:
        """Choose."""
        return self.rng.choice(options)

    def instant(self) -> str:
        """Return one of few instants, some of them on one day, some near a midnight of the report zone."""
        at = START + timedelta(days=self.rng.randrange(self.days), hours=self.one(*self.hours))
        return at.isoformat()

    def about(self, **more: Any) -> Body:
        """Return the fields that every telling may have."""
        return given(
            {
                "receipt": self.receipt,
                "vendor": self.one(*self.vendors),
                "role": self.one(*self.roles),
                "currency": self.one(*self.currencies),
                "affiliate": self.one("joe", "ann", None),
                "account_amount": self.one(None, None, 4, 6),
                "item_no": self.one(None, None, "P1", "P2"),
            }
            | more
        )

    def sale(self) -> Body:
        """Tell a sale or one of its rebills."""
        data = self.about(
            receipt=self.receipt + self.one("", "", "", "-B002"),
            sold_at=self.instant(),
            amount=self.one(*AMOUNTS),
            transaction_type=self.one("SALE", "SALE", "BILL"),
            payment_number=self.one(None, 2, 3),
            tax=self.one(None, None, 2),
            upsell_original_receipt=self.one(None, None, f"{self.receipt}U", f"{self.receipt}V"),
            root_receipt=self.one(None, None, None, f"{self.receipt}X", f"{self.receipt}Y"),
            line_items=self.one(None, None, self.lines()),
        )
        return self.told("sale.created", data)

    def lines(self) -> list[Body]:
        """Return a line or two."""
        return [
            given(
                {
                    "item_no": self.one("P1", "P2", "P3"),
                    "product_title": self.one(None, "Oar", "Paddle"),
                    "product_price": self.one(*AMOUNTS, -5, None),
                    "quantity": self.one(None, 1, 2),
                    "affiliate_payout": self.one(None, 3),
                    "jv_payout": self.one(None, 2),
                    "product_discount": self.one(None, None, 5),
                }
            )
            for _ in range(self.rng.randint(1, 3))
        ]

    def refund(self) -> Body:
        """Tell a refund."""
        data = self.about(
            receipt=self.receipt + self.one("", "", "", "-B002", "-B003"),
            refunded_at=self.instant(),
            refund_amount=self.one(*AMOUNTS),
            refund_id=self.one(None, f"R1{self.receipt}", f"R2{self.receipt}"),
            refund_type=self.one(None, None, None, "TAX", "FULL", "PARTIAL"),
            fee=self.one(None, None, 1, 2),
            line_items=self.one(None, None, None, self.lines()),
        )
        return self.told("refund.processed", data)

    def dispute(self) -> Body:
        """Tell a notice of a chargeback."""
        data = self.about(
            disputed_at=self.instant(),
            chargeback_amount=self.one(*AMOUNTS, 0),
            chargeback_id=self.one(None, None, "D1", "D2"),
            status=self.one("received", "received", "received", "won", "lost", "reversed"),
            transaction_type=self.one(None, None, "INSF"),
            chargeback_fee=self.one(None, None, 22, 15),
        )
        return self.told("chargeback.received", data)

    def quarrel(self) -> Body:
        """Tell a notice without an id; half of them are of an ending."""
        status = self.one("received", "received", "received", "won", "lost", "reversed")
        data = self.about(
            disputed_at=self.instant(),
            chargeback_amount=self.one(10, 20),
            chargeback_id=self.one(None, None, None, None, "D1"),
            status=status,
        )
        return told("chargeback.received", data)

    def sync(self) -> Body:
        """Tell a sync of a source of its own."""
        data = given(
            {
                "source": f"shop{self.receipt}",
                "sync_id": self.one(None, f"S1{self.receipt}", f"S2{self.receipt}"),
                "completed_at": self.instant(),
                "started_at": self.one(None, None, START.isoformat()),
                "records": self.one(None, 1, 5),
                "range_start": self.one(None, "2026-04-01"),
                "range_end": self.one("2026-04-02", "2026-04-09"),
                "status": self.one(None, None, None, "failed"),
            }
        )
        return told("data.synced", data)

    def told(self, event_type: str, data: Body) -> Body:
        """Put data into an envelope that may say when it was written; a row may come with another like it."""
        envelope = self.one({}, {"created_at": self.instant()})
        if self.rng.random() < ONE_IN_ROWS:
            return told(event_type, [data, data | self.one(*OTHERS[event_type])], **envelope)
        return told(event_type, data, **envelope)


KINDS: tuple[tuple[Callable[[Tangle], Body], ...], ...] = (
    (Tangle.dispute,),
    (Tangle.dispute, Tangle.dispute, Tangle.sale),
    (Tangle.refund, Tangle.refund, Tangle.sale),
    (Tangle.sale,),
    (Tangle.sale, Tangle.refund, Tangle.dispute),
    (Tangle.sync,),
    (Tangle.quarrel,),
    (Tangle.quarrel,),
)


def tangles(seeds: Iterable[int]) -> list[Delivery]:
    """Return the tellings of one receipt for each seed."""
    return [delivery for seed in seeds for delivery in _tangle(seed)]


def _tangle(seed: int) -> list[Delivery]:
    rng = random.Random(seed)
    vendors = rng.choice((("storea",), ("storea",), ("storea", "storeb")))
    currencies: tuple[str | None, ...] = rng.choice((("USD",), ("USD",), ("USD", "EUR"), ("USD", None)))
    roles, hours, days = rng.choice(ROLES), rng.choice(HOURS), rng.choice((1, 2, 12))
    tangle = Tangle(rng, f"TANGLE{seed}T", vendors, currencies, roles, hours, days)
    kinds = rng.choice(KINDS)
    bodies = [rng.choice(kinds)(tangle) for _ in range(rng.randint(3, 8))]
    return [Delivery(RECEIVED, json.dumps(body).encode()) for body in bodies]
