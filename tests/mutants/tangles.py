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
ROLES = ("VENDOR", "VENDOR", "AFFILIATE", "JV_UPSELL")
AMOUNTS = (10, 20, 20, 80)


@dataclass
class Tangle:
    """The chance of one receipt, and what its tellings share."""

    rng: random.Random
    receipt: str
    vendors: tuple[str, ...]
    currencies: tuple[str, ...]
    days: int

    def one(self, *options: Any) -> Any:
        """Choose."""
        return self.rng.choice(options)

    def instant(self) -> str:
        """Return one of few instants, some of them on one day, some near a midnight of the report zone."""
        at = START + timedelta(days=self.rng.randrange(self.days), hours=self.one(0, 0, 5, 18.5, 19.5))
        return at.isoformat()

    def about(self, **more: Any) -> Body:
        """Return the fields that every telling may have."""
        return given(
            {
                "receipt": self.receipt,
                "vendor": self.one(*self.vendors),
                "role": self.one(*ROLES),
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
            upsell_original_receipt=self.one(None, None, None, f"{self.receipt}U"),
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
                    "product_price": self.one(*AMOUNTS, -5),
                    "quantity": self.one(None, 1, 2),
                    "affiliate_payout": self.one(None, 3),
                    "jv_payout": self.one(None, 2),
                    "discount": self.one(None, None, 5),
                }
            )
            for _ in range(self.rng.randint(1, 2))
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
            chargeback_id=self.one(None, None, f"D1{self.receipt}", f"D2{self.receipt}"),
            status=self.one("received", "received", "received", "won", "lost", "reversed"),
            transaction_type=self.one(None, None, "INSF"),
            chargeback_fee=self.one(None, None, 22, 15),
        )
        return self.told("chargeback.received", data)

    def told(self, event_type: str, data: Body) -> Body:
        """Put data into an envelope that may say when it was written."""
        return told(event_type, data, **self.one({}, {"created_at": self.instant()}))


KINDS: tuple[tuple[Callable[[Tangle], Body], ...], ...] = (
    (Tangle.dispute,),
    (Tangle.dispute, Tangle.dispute, Tangle.sale),
    (Tangle.refund, Tangle.refund, Tangle.sale),
    (Tangle.sale,),
    (Tangle.sale, Tangle.refund, Tangle.dispute),
)


def tangles(seeds: Iterable[int]) -> list[Delivery]:
    """Return the tellings of one receipt for each seed."""
    return [delivery for seed in seeds for delivery in _tangle(seed)]


def _tangle(seed: int) -> list[Delivery]:
    rng = random.Random(seed)
    vendors = rng.choice((("storea",), ("storea",), ("storea", "storeb")))
    currencies = rng.choice((("USD",), ("USD",), ("USD", "EUR"), ("USD", None)))
    tangle = Tangle(rng, f"TANGLE{seed}T", vendors, currencies, days=rng.choice((1, 2, 12)))
    kinds = rng.choice(KINDS)
    bodies = [rng.choice(kinds)(tangle) for _ in range(rng.randint(3, 8))]
    return [Delivery(RECEIVED, json.dumps(body).encode()) for body in bodies]
