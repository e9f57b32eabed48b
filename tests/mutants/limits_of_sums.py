"""Limits of sums: what adds up to a whole, to a fee, to a place in an order by amount."""

from __future__ import annotations

from tests.mutants.telling import Body, dispute, disputed, refund, refunded, sale, sold, told

_REBILL: Body = {"transaction_type": "BILL", "payment_number": 2}

SUMS: tuple[list[Body], ...] = (
    # Refunds of two payments are not one refund in full; together they may refund the order.
    [
        sale("SUM1", "2026-04-02", 80),
        sale("SUM1", "2026-04-12", 80, **_REBILL),
        refund("SUM1", "2026-04-05", 40),
        refund("SUM1", "2026-04-15", 40),
    ],
    [
        sale("SUM2", "2026-04-02", 80),
        sale("SUM2", "2026-04-12", 80, **_REBILL),
        refund("SUM2", "2026-04-05", 80, refund_type="PARTIAL"),
        refund("SUM2", "2026-04-15", 80, refund_type="PARTIAL"),
    ],
    [
        sale("SUM3", "2026-04-02", 80),
        sale("SUM3", "2026-04-12", 80, **_REBILL),
        dispute("SUM3", "2026-04-05", 80),
        dispute("SUM3", "2026-04-15", 70),
    ],
    # A cent less is the whole, two cents are not; tax is no part of it.
    [sale("CENT1", "2026-04-02", 80), refund("CENT1", "2026-04-05", 79.99, refund_type="PARTIAL")],
    [sale("CENT2", "2026-04-02", 80), refund("CENT2", "2026-04-05", 79.98, refund_type="PARTIAL")],
    [
        sale("CENT3", "2026-04-02", 80),
        refund("CENT3", "2026-04-05", 5, refund_type="TAX"),
        refund("CENT3", "2026-04-06", 75),
    ],
    [sale("CENT4", "2026-04-02", 0), refund("CENT4", "2026-04-05", 5, refund_type="TAX")],
    # Two refunds of one body share out their amounts each for itself; an ambiguous one is one for two roles.
    [
        sale(
            "FAN1",
            "2026-04-02",
            80,
            line_items=[{"item_no": "P1", "price": 10}, {"item_no": "P2", "price": 70}],
        ),
        sale(
            "FAN2",
            "2026-04-02",
            40,
            line_items=[{"item_no": "P1", "price": 20}, {"item_no": "P2", "price": 20}],
        ),
        told("refund.processed", [refunded(receipt, "2026-04-05", 40) for receipt in ("FAN1", "FAN2")]),
        sale("AMBIGUOUS", "2026-04-02", 80, vendor="storea"),
        sale("AMBIGUOUS", "2026-04-02", 80, vendor="storeb"),
        refund("AMBIGUOUS", "2026-04-05", 80, vendor=None),
        refund("AMBIGUOUS", "2026-04-05", 80, vendor=None, role="AFFILIATE"),
    ],
    # Discounts of lines add up.
    [
        sale(
            "DISCOUNTS",
            "2026-04-02",
            72,
            line_items=[
                {"item_no": "P1", "price": 50, "product_discount": 5},
                {"item_no": "P2", "price": 30, "product_discount": 3},
            ],
        )
    ],
    # Of an orphan's reversals at one instant the refund names it.
    [refund("NAMED", "2026-04-05", 10, affiliate="zoe"), dispute("NAMED", "2026-04-05", 10, affiliate="ann")],
    # Which of two roles' refunds are one: the n-th of a day by instant, amount and items, and at last by body.
    [
        refund("PAIR1", "2026-04-05", 20),
        refund("PAIR1", "2026-04-05", 10, role="AFFILIATE"),
        refund("PAIR1", "2026-04-05", 20, role="AFFILIATE"),
        refund("PAIR3", "2026-04-05T19:00:00Z", 20),
        refund("PAIR3", "2026-04-05T17:00:00Z", 30, role="AFFILIATE"),
        refund("PAIR3", "2026-04-05T19:00:00Z", 20, role="AFFILIATE"),
        # The refunds of one seller say nothing about those of another.
        refund("PAIR4", "2026-04-05", 20, vendor="storea", refund_id="P4"),
        refund("PAIR4", "2026-04-07", 20, vendor="storea", refund_id="P4", role="AFFILIATE"),
        refund("PAIR4", "2026-04-05", 20, vendor="storeb"),
        refund("PAIR5", "2026-04-05T17:00:00Z", 20, vendor="storeb"),
        refund("PAIR5", "2026-04-05T19:00:00Z", 20, vendor="storea"),
        refund("PAIR5", "2026-04-05T19:00:00Z", 20, vendor="storea", role="AFFILIATE"),
        refund("PAIR2", "2026-04-05", 20),
        refund("PAIR2", "2026-04-05", 20, role="AFFILIATE", item_no="P1"),
        refund("PAIR2", "2026-04-05", 20, role="AFFILIATE", item_no="P2"),
    ],
    *(
        [
            refund(f"LEAST{place}", "2026-04-05", 20),
            refund(f"LEAST{place}", "2026-04-05", 10, role="AFFILIATE"),
            refund(f"LEAST{place}", "2026-04-05", 20, role="AFFILIATE"),
            refund(f"PAIRED{place}", "2026-04-05", 20),
            refund(f"PAIRED{place}", "2026-04-05", 20, role="AFFILIATE", refund_id=f"PX{place}"),
            refund(f"PAIRED{place}", "2026-04-05", 20, role="AFFILIATE", refund_id=f"PY{place}"),
            sale(f"HALVES{place}", "2026-04-02", 80),
            refund(f"HALVES{place}", "2026-04-05", 40, refund_id=f"HX{place}"),
            refund(f"HALVES{place}", "2026-04-05", 40, refund_id=f"HY{place}"),
        ]
        for place in range(4)
    ),
    [
        refund("PAIRBODY", "2026-04-05", 20),
        sale("HALFBODY", "2026-04-02", 80),
        told(
            "refund.processed",
            [
                *(
                    refunded("PAIRBODY", "2026-04-05", 20, role="AFFILIATE", refund_id=name)
                    for name in ("PA", "PB")
                ),
                *(refunded("HALFBODY", "2026-04-05", 40, refund_id=name) for name in ("HA", "HB")),
            ],
        ),
        told(
            "chargeback.received",
            [
                disputed(
                    "NEWSBODY", "2026-04-05", 40, chargeback_id="NB", chargeback_fee=1, account_amount=4
                ),
                disputed(
                    "NEWSBODY",
                    "2026-04-05",
                    50,
                    chargeback_id="NB",
                    chargeback_fee=2,
                    account_amount=5,
                    status="won",
                ),
            ],
        ),
    ],
    # A fee is known where every part is: of the vendor's view, with the payout of each line.
    *(
        [sale(f"FEE{place}", "2026-04-02", 80, tax=2, shipping=3, account_amount=40, **more)]
        for place, more in enumerate(
            (
                {},
                {"affiliate": "joe"},
                {"affiliate": "joe", "line_items": [7]},
                {"affiliate": "joe", "line_items": [{"item_no": "P1", "price": 75, "affiliate_payout": 5}]},
                {"affiliate": "joe", "line_items": [{"item_no": "P1", "price": 75}]},
                {"line_items": [{"item_no": "P1", "price": 75, "jv_payout": 5}]},
                {"line_items": [{"item_no": "P1", "price": 75}]},
                {"role": "AFFILIATE"},
            )
        )
    ),
    # Equal amounts are in the order of their names.
    [
        *(
            sale(
                f"TIE{place}",
                "2026-04-28",
                80,
                currency="GBP",
                vendor=vendor,
                affiliate=affiliate,
                item_no=item,
            )
            for place, (vendor, affiliate, item) in enumerate(
                (
                    ("storea", "joe", "P1"),
                    ("storeb", "ann", "P1"),
                    ("storea", "eve", "P2"),
                    ("storec", None, None),
                )
            )
        )
    ],
    # A title is that of the latest line; lines of one item share its refunds.
    [
        sale(
            "TITLES",
            "2026-04-02",
            100,
            currency="CHF",
            line_items=[
                {"item_no": "P1", "product_title": "Boat", "price": 10},
                {"item_no": "P1", "product_title": "Ark", "price": 20},
                {"item_no": "P2", "product_title": "Oar", "price": 70},
                {"item_no": "P3"},
            ],
        ),
        refund("TITLES", "2026-04-05", 60, currency="CHF"),
        refund(
            "TITLES",
            "2026-04-06",
            30,
            currency="CHF",
            line_items=[{"item_no": "P1", "product_title": "Big"}, {"item_no": "P3", "product_title": "Cap"}],
        ),
        refund("TITLES", "2026-04-07", 2, currency="CHF", item_no="P2"),
        refund("UNTITLED", "2026-04-06", 30, currency="CHF", item_no="P1", product_title="Able"),
        refund("UNTITLED2", "2026-04-06", 30, currency="CHF", item_no="P1", product_title="Zebra"),
    ],
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
