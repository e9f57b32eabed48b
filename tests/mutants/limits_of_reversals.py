"""Limits of reversals: which sale, which dispute, which part of the money they take back."""

from __future__ import annotations

from tests.mutants.telling import Body, dispute, disputed, refund, refunded, sale, sold, told

# Two stores with one number, and reversals without a seller.
_STORES: tuple[list[Body], ...] = (
    [
        sale("TWOCURRENCIES", "2026-04-02", 80, vendor="storea"),
        sale("TWOCURRENCIES", "2026-04-02", 80, vendor="storeb", currency="EUR"),
        refund("TWOCURRENCIES", "2026-04-05", 80, vendor=None, currency="EUR"),
        refund("TWOCURRENCIES", "2026-04-07", 30, vendor=None, currency="USD"),
        dispute("TWOCURRENCIES", "2026-04-09", 80, vendor=None, currency=None),
    ],
    # One body with two reversals of two numbers, one of them ambiguous.
    [
        *(
            sale(receipt, "2026-04-02", amount, vendor=vendor)
            for receipt, amounts in (("FANA", (80, 30)), ("FANB", (80, 80)))
            for vendor, amount in zip(("storea", "storeb"), amounts, strict=True)
        ),
        told(
            "refund.processed",
            [refunded(receipt, "2026-04-05", 70, vendor=None) for receipt in ("FANA", "FANB")],
        ),
    ],
    # A seller's only sale that fits may be told twice, by two roles.
    [
        sale("ROLES", "2026-04-02", 80, vendor="storea"),
        sale("ROLES", "2026-04-02", 80, vendor="storea", role="AFFILIATE"),
        sale("ROLES", "2026-04-02", 30, vendor="storeb"),
        refund("ROLES", "2026-04-05", 80, vendor=None),
        refund("ROLES", "2026-04-09", 50, vendor=None),
    ],
    # A body with rows of two sellers says which sellers its own rows may have.
    [
        told(
            "sale.created",
            [
                sold("INBODY", "2026-04-02", 80, vendor="storea"),
                sold("INBODY", "2026-04-03", 30, vendor="storeb", transaction_type="BILL", payment_number=2),
            ],
        ),
        told(
            "refund.processed",
            [
                refunded("INBODY", "2026-04-05", 80, vendor="storea"),
                refunded("INBODY", "2026-04-06", 30, vendor="storeb"),
                refunded("INBODY", "2026-04-07", 80, vendor=None),
            ],
        ),
        told(
            "refund.processed",
            [
                refunded("INBODY", "2026-04-08", 20, vendor="storeb", refund_id="IB1"),
                refunded("INBODY", "2026-04-09", 21, vendor=None, refund_id="IB2"),
                refunded("NOTINBODY", "2026-04-09", 21, vendor="storec"),
            ],
        ),
    ],
    # A reversal without an amount fits any sale.
    [
        sale("ANYSALE", "2026-04-02", 80, vendor="storea"),
        sale("ANYSALE", "2026-04-02", 30, vendor="storeb"),
        dispute("ANYSALE", "2026-04-05", None, vendor=None, status="won"),
        sale("ONESALE", "2026-04-02", 80, vendor="storea"),
        refund("ONESALE", "2026-04-03", 10, vendor="storeb"),
        dispute("ONESALE", "2026-04-05", None, vendor=None, status="won"),
    ],
    # A sale that counts for nothing fits no reversal.
    [
        sale("FEESTORE", "2026-04-02", 80, vendor="storea"),
        sale("FEESTORE", "2026-04-02", 80, vendor="storeb", transaction_type="FEE"),
        refund("FEESTORE", "2026-04-05", 80, vendor=None),
    ],
    # Nobody's sale is one seller too.
    [
        sale("NOBODY", "2026-04-02", 80, vendor=None, envelope={"account": "storea"}),
        sale("NOBODY", "2026-04-03", 80, vendor=None, transaction_type="BILL"),
        sale("NOBODY", "2026-04-03", 90, vendor=None, envelope={"account": "storeb"}),
        refund("NOBODY", "2026-04-05", 80, vendor=None),
    ],
)

# Rows that are parts of one thing.
_PARTS: tuple[list[Body], ...] = (
    [
        sale("PARTS", "2026-04-02", 80),
        told(
            "refund.processed",
            [
                refunded("PARTS", "2026-04-05", 10, item_no="P1", fee=2),
                refunded("PARTS", "2026-04-05", 20, item_no="P2", fee=2),
                refunded("PARTS", "2026-04-06", 20, item_no="P2", fee=1),
                refunded("PARTS", "2026-04-06", 20, item_no="P3", fee=2),
            ],
        ),
        told(
            "chargeback.received",
            [
                disputed("PARTS", "2026-04-08", 5, item_no="P1", transaction_type="CGBK"),
                disputed("PARTS", "2026-04-08", 6, item_no="P2", transaction_type="INSF"),
                disputed("PARTS", "2026-04-08", 7, item_no="P3", transaction_type="INSF"),
            ],
        ),
    ],
    # A row without a seller has the seller of its own receipt's rows.
    [
        told(
            "sale.created",
            [
                sold("ROWS1", "2026-04-02", 10, vendor="storea", item_no="P1"),
                sold("ROWS1", "2026-04-02", 20, vendor=None, item_no="P2"),
                sold("ROWS2", "2026-04-02", 30, vendor="storeb", item_no="P1"),
            ],
        ),
        told(
            "sale.created",
            [
                sold("ROWS1", "2026-04-02", 11, vendor="storeb", item_no="P1", role="AFFILIATE"),
                sold("ROWS1", "2026-04-02", 21, vendor=None, item_no="P2", role="AFFILIATE"),
            ],
        ),
    ],
    # A sum of nothing is no sum below nothing; a reversal may be told with either sign.
    [
        told(
            "sale.created",
            [
                sold("ZEROSUM", "2026-04-02", 10, item_no="P1"),
                sold("ZEROSUM", "2026-04-02", -10, item_no="P2"),
            ],
        ),
        told(
            "sale.created",
            [
                sold("ACCOUNTSUM", "2026-04-02", None, item_no="P1", account_amount=-10),
                sold("ACCOUNTSUM", "2026-04-02", None, item_no="P2", account_amount=4),
            ],
        ),
        told(
            "refund.processed",
            [refunded("ZEROSUM", "2026-04-05", -4, item_no=item, account_amount=-1) for item in ("P1", "P2")],
        ),
    ],
    # Two bodies with equal rows are not one.
    [
        told(
            "sale.created",
            [sold("TWICE", "2026-04-02", 10, item_no=item) for item in ("P1", "P2")],
            created_at="2026-04-02T13:00:00Z",
        ),
        told(
            "sale.created",
            [sold("TWICE", "2026-04-02", 10, item_no=item) for item in ("P1", "P2")],
            created_at="2026-04-02T14:00:00Z",
        ),
    ],
)


REVERSALS = (*_STORES, *_PARTS)
