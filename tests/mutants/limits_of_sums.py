"""Limits of sums: what adds up to a whole, to a fee, to a place in an order by amount."""

from __future__ import annotations

from tests.mutants.telling import Body, dispute, disputed, refund, refunded, sale, told

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
)
