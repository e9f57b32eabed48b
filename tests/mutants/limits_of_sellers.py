"""Limits of sellers, sessions and ids: whose sale a reversal fits, and who lends it an id or a currency."""

from __future__ import annotations

from tests.mutants.telling import Body, dispute, refund, refunded, sale, sold, told

_REBILL: Body = {"transaction_type": "BILL", "payment_number": 2}

SELLERS: tuple[list[Body], ...] = (
    # A reversal that fits several sellers stands next to a sale without one, and is held against its currency.
    *(
        [
            sale(receipt, "2026-04-02", 30, vendor="storea"),
            sale(receipt, "2026-04-02", 40, vendor="storeb"),
            sale(receipt, "2026-04-02", 80, vendor=None, currency="EUR"),
            sale(receipt, "2026-04-12", 80, vendor=None, currency=rebilled, **_REBILL),
            dispute(receipt, "2026-04-04", 80, vendor=None, currency="USD"),
            refund(receipt, "2026-04-05", 20, vendor=None, currency="EUR"),
            refund(receipt, "2026-04-06", 7, vendor=None, currency=None),
        ]
        for receipt, rebilled in (("UNNAMED1", "EUR"), ("UNNAMED2", None), ("UNNAMED3", "USD"))
    ),
    # A reversal without a seller fits sums, not their parts.
    [
        told(
            "sale.created", [sold("FITPARTS", "2026-04-02", amount, vendor="storea") for amount in (20, 30)]
        ),
        sale("FITPARTS", "2026-04-02", 30, vendor="storeb"),
        refund("FITPARTS", "2026-04-05", 30, vendor=None),
        sale("FITTWICE", "2026-04-02", 80, vendor="storea"),
        sale("FITTWICE", "2026-04-12", 80, vendor="storea", currency="EUR", **_REBILL),
        sale("FITTWICE", "2026-04-02", 30, vendor="storeb"),
        refund("FITTWICE", "2026-04-15", 80, vendor=None, currency=None),
        refund("FITTWICE", "2026-04-16", 50, vendor=None, currency=None),
        sale("FITNOBODY", "2026-04-02", 80, vendor="storea"),
        sale("FITNOBODY", "2026-04-02", 30, vendor="storeb"),
        sale("FITNOBODY", "2026-04-02", 90, vendor=None),
        refund("FITNOBODY", "2026-04-15", 70, vendor=None),
        refund("FITNOBODY", "2026-04-16", 85, vendor=None),
    ],
    *(
        [
            sale(f"FITEQUAL{place}", "2026-04-02", 80, vendor=greater),
            sale(f"FITEQUAL{place}", "2026-04-02", 30, vendor=equal),
            refund(f"FITEQUAL{place}", "2026-04-05", 30, vendor=None),
        ]
        for place, (greater, equal) in enumerate([("storea", "storeb"), ("storeb", "storea")] * 3)
    ),
    # Nobody's refunds: a body that cannot be read, or that was corrected, lends no id to them either.
    [
        told("refund.processed", [refunded("NOSELLER1", "2026-04-05", 10, vendor=None, refund_id="Q2"), 7]),
        refund("NOSELLER1", "2026-04-05", 10, vendor=None),
        refund(
            "NOSELLER2",
            "2026-04-05",
            10,
            vendor=None,
            refund_id="C2",
            envelope={"id": "nobody2", "created_at": "2026-04-20T01:00:00Z"},
        ),
        refund(
            "NOSELLER2",
            "2026-04-05",
            10,
            vendor=None,
            envelope={"id": "nobody2", "created_at": "2026-04-20T02:00:00Z"},
        ),
        told(
            "refund.processed",
            [
                refunded("NOSELLER3", "2026-04-05", 10, vendor=None, refund_id="O3", item_no=item)
                for item in ("P1", "P2")
            ],
        ),
        sale("ROOT6", "2026-04-02", 80, vendor="storea"),
        sale("ROOT6", "2026-04-02", 80, vendor="storeb"),
        refund("ROOT6-B002", "2026-04-05", 80, vendor=None),
    ],
    # Rows whose first says no currency: of a reversal without a sale, of a body that is quarantined.
    [
        told(
            "refund.processed",
            [
                refunded("NOFIRST", "2026-04-05", 10, item_no="P1", currency=None),
                refunded("NOFIRST", "2026-04-05", 20, item_no="P2", currency="EUR"),
            ],
        ),
        told(
            "sale.created",
            [
                sold("NOFIRST2", "2026-04-05", 10, item_no="P1", currency=None),
                sold("NOFIRST2", "2026-04-05", 20, item_no="P2", currency="EUR"),
                7,
            ],
        ),
    ],
    [
        told(
            "sale.created",
            [
                sold("NOFIRST3", "2026-04-05", 10, item_no="P1", transaction_type="FEE", currency=None),
                sold("NOFIRST3", "2026-04-05", 20, item_no="P2", transaction_type="FEE", currency="EUR"),
            ],
        )
    ],
    # The session of a receipt is that of its earliest rebill; of one instant, of one of them, always the same.
    *(
        [
            sale(
                f"UP{place}",
                "2026-04-05",
                10,
                transaction_type="BILL",
                payment_number=2,
                upsell_original_receipt="UPA",
            ),
            sale(
                f"UP{place}",
                day,
                10,
                transaction_type="BILL",
                payment_number=3,
                upsell_original_receipt="UPB",
            ),
        ]
        for place, day in enumerate(["2026-04-04", "2026-04-06", *["2026-04-05"] * 4])
    ),
    [
        told(
            "sale.created",
            [
                sold(
                    "UPBODY",
                    "2026-04-05",
                    10,
                    transaction_type="BILL",
                    payment_number=2,
                    upsell_original_receipt="UPA",
                ),
                sold(
                    "UPBODY",
                    "2026-04-05",
                    10,
                    transaction_type="BILL",
                    payment_number=3,
                    upsell_original_receipt="UPB",
                ),
            ],
        )
    ],
    # One dispute of each of two receipts, and of each of two sellers, under one id.
    [
        dispute("SAMEID1", "2026-04-05", 10, chargeback_id="SAME"),
        dispute("SAMEID1", "2026-04-06", 12),
        dispute("SAMEID1", "2026-04-07", 12, status="won"),
        dispute("SAMEID2", "2026-04-05", 10, chargeback_id="SAME"),
        dispute("SAMEID2", "2026-04-08", 10, chargeback_id="SAME", status="lost"),
        dispute("SAMEID3", "2026-04-05", 10, chargeback_id="SAME", vendor="storea"),
        dispute("SAMEID3", "2026-04-06", None, vendor="storea", status="won"),
        dispute("SAMEID3", "2026-04-07", 10, chargeback_id="SAME", vendor="storeb", status="won"),
    ],
    # A window is closed by the news that follows it: the second of two without an id.
    [
        dispute("BRACKETS", "2026-04-05", 10),
        dispute("BRACKETS", "2026-04-06", None, status="lost"),
        dispute("BRACKETS", "2026-04-07", 12),
        dispute("BRACKETS", "2026-04-08", None, status="won"),
    ],
)
