"""Minor units of currencies with other than two decimal places, and texts that only one telling or row says."""

from __future__ import annotations

from tests.mutants.telling import Body, dispute, disputed, refund, refunded, sale, sold, told

_CENTS: Body = {"currency": None, "refund_amount_cents": 5000}

UNITS: tuple[list[Body], ...] = (
    # A reversal that says no currency counts in the minor units of its own seller's sale, of its own receipt.
    [
        sale("YEN1", "2026-04-02", 5000, vendor="storea", currency="JPY", account_amount=400),
        sale("YEN1", "2026-04-02", 5, vendor="storeb", currency="TND", account_amount=4),
        refund("YEN1", "2026-04-05", None, vendor="storea", **_CENTS),
        refund("YEN1", "2026-04-06", None, vendor="storeb", **_CENTS),
        sale("YEN2", "2026-04-02", 5, vendor="storea", currency="TND"),
        refund("YEN2", "2026-04-05", None, vendor="storea", **_CENTS),
        refund("YEN3", "2026-04-05", None, vendor="storea", **_CENTS),
        sale("YEN4", "2026-04-02", 5000, currency="JPY"),
        refund("YEN4", "2026-04-05", 50, currency=None, account_amount_cents=300),
        refund("YEN4", "2026-04-06", 60, currency=None, fee_cents=200),
        dispute("YEN4", "2026-04-07", None, currency=None, chargeback_amount_cents=400),
        sale("YEN4", "2026-04-01", 7, currency="TND", transaction_type="FEE"),
        refund("YEN4", "2026-04-08", 9, currency="TND", refund_id="Y4"),
    ],
    # Rows of one reversal: the currency of the sale, said by a row that is not the first of it.
    [
        told(
            "sale.created",
            [
                sold("YEN5", "2026-04-02", 3000, currency=None, item_no="P1"),
                sold("YEN5", "2026-04-02", 2000, currency="JPY", item_no="P2"),
            ],
        ),
        refund("YEN5", "2026-04-05", None, **_CENTS),
        told(
            "refund.processed",
            [
                refunded("YEN5", "2026-04-07", None, item_no="P1", currency=None, refund_amount_cents=100),
                refunded("YEN5", "2026-04-07", None, item_no="P2", currency="JPY", refund_amount_cents=200),
            ],
        ),
    ],
    # Of two ids at one instant the smaller one is lent.
    [
        *(refund("LENDERS", "2026-04-05", 10, refund_id=name, item_no="P1") for name in ("LA", "LB")),
        refund("LENDERS", "2026-04-05", 10, item_no="P1"),
        *(dispute("LENDERS", "2026-04-06", 10, chargeback_id=name) for name in ("LC", "LD")),
        dispute("LENDERS", "2026-04-06", 10),
    ],
    # Texts of a telling without rows.
    [
        sale(
            "TEXTS",
            "2026-04-02",
            80,
            state="CA",
            vtid="v1",
            campaign="spring",
            click_id="c1",
            upsell_path="u1",
            item_no="P1",
            payments_remaining=3,
        ),
        refund("TEXTS", "2026-04-05", 80, reason="late", refunded_at="2026-04-05 12:00:00"),
        dispute("TEXTS", "2026-04-06", 80, reason_code="10.4", card_network="visa"),
        sale("WHOLEDAY", "2026-04-02", 80),
        sale("WHOLEDAY", "2026-04-05T20:00:00Z", 70, transaction_type="BILL"),
        refund("WHOLEDAY", "2026-04-05", 70, refunded_at="2026-04-05"),
    ],
    # Rows of which one says the time, and rows in two currencies of which the first says none.
    [
        told(
            "sale.created",
            [
                sold("LATETIME", "2026-04-02", 10, item_no="P1", sold_at=None),
                sold("LATETIME", "2026-04-02", 20, item_no="P2"),
            ],
            created_at="2026-04-03T12:00:00Z",
        ),
        told(
            "refund.processed",
            [
                refunded("LATETIME", "2026-04-05", amount, item_no=item, currency=currency, refund_id="LT")
                for amount, item, currency in ((1, "P1", None), (2, "P2", "EUR"), (3, "P3", "USD"))
            ],
        ),
        told(
            "chargeback.received",
            [disputed("LATETIME", "2026-04-06", 5, item_no=item, reason=item) for item in ("P1", "P2")],
        ),
    ],
)
