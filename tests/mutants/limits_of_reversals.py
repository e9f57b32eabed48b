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

_SELLERS_OF_ROWS = (("storea", "P1"), ("storea", "P2"), (None, "P3"))
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
    [
        told(
            "sale.created",
            [
                sold("ROWS3", "2026-04-02", 10, vendor=vendor, item_no=item)
                for vendor, item in _SELLERS_OF_ROWS
            ],
        ),
        # Rows of one thing in two bodies, each after another thing.
        told(
            "refund.processed",
            [
                refunded("ROWS4", "2026-04-05", 10, refund_id="RW", item_no="P1"),
                refunded("ROWS4", "2026-04-05", 11, refund_id="RW", item_no="P2"),
            ],
        ),
        told(
            "refund.processed",
            [
                refunded("ROWS5", "2026-04-05", 12, refund_id="RX", item_no="P1"),
                refunded("ROWS4", "2026-04-05", 13, refund_id="RW", item_no="P3"),
                refunded("ROWS4", "2026-04-05", 14, refund_id="RW", item_no="P4"),
            ],
        ),
        told(
            "sale.created",
            [sold("ROWS6", "2026-04-02", 10, item_no=item, line_items=[7]) for item in ("P1", "P2")],
        ),
        told(
            "sale.created",
            [
                sold("ROWS7", "2026-04-02", None, item_no="P1", account_amount=4),
                sold("ROWS7", "2026-04-02", None, item_no="P2", account_amount=-10),
            ],
        ),
        # Two currencies are not added.
        told(
            "sale.created",
            [
                sold("ROWS8", "2026-04-02", 10, item_no="P1", currency="EUR"),
                sold("ROWS8", "2026-04-02", 20, item_no="P2", currency="USD"),
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


# Which of several tellings takes the account's share back.
_SHARES: tuple[list[Body], ...] = (
    [
        sale("SHARE1", "2026-04-02", 80, account_amount=40),
        refund("SHARE1", "2026-04-05", 80, role="AFFILIATE"),
        dispute("SHARE1", "2026-04-06", 80),
    ],
    [
        sale("SHARE2", "2026-04-02", 80, account_amount=40, vendor="storea"),
        sale("SHARE2", "2026-04-02", 80, account_amount=40, vendor="storeb"),
        refund("SHARE2", "2026-04-05", 80, vendor="storea", role="AFFILIATE"),
        refund("SHARE2", "2026-04-05", 80, vendor="storeb"),
    ],
    [
        sale("SHARE3", "2026-04-02", 80, account_amount=40),
        sale("SHARE3", "2026-04-12", 80, account_amount=40, transaction_type="BILL"),
        refund("SHARE3", "2026-04-05", 80, role="AFFILIATE"),
        refund("SHARE3", "2026-04-15", 80),
    ],
    [
        sale("SHARE4", "2026-04-02", 80, account_amount=40),
        sale("SHARE4", "2026-04-01", 80, account_amount=8, role="AFFILIATE"),
        refund("SHARE4", "2026-04-05", 80, role="AFFILIATE"),
        refund("SHARE4", "2026-04-05", 80, role="JV"),
    ],
    # A bare date ends with its day.
    [
        sale("BAREDATE", "2026-04-02", 80),
        sale("BAREDATE", "2026-04-06T07:30:00Z", 80, transaction_type="BILL"),
        refund("BAREDATE", "2026-04-05", 80, refunded_at="2026-04-05"),
    ],
)

# A payment at the very moment of its refund is the one refunded.
_MOMENTS: tuple[list[Body], ...] = (
    [
        sale("ATONCE", "2026-04-02", 80, affiliate="joe"),
        sale("ATONCE", "2026-04-09", 80, affiliate="ann", transaction_type="BILL"),
        refund("ATONCE", "2026-04-09", 80),
    ],
)

# The root's sale names a reversal of a rebill that nobody told.
_ROOTS: tuple[list[Body], ...] = (
    [
        sale("ROOT1", "2026-04-03", 80, affiliate="joe"),
        sale("ROOT1", "2026-04-02", 80, affiliate="ann", role="AFFILIATE"),
        refund("ROOT1-B002", "2026-04-05", 80),
    ],
    [
        sale("ROOT2", "2026-04-02", 80, affiliate="joe", vendor="storea"),
        sale("ROOT2", "2026-04-03", 80, affiliate="ann", vendor="storeb"),
        refund("ROOT2-B002", "2026-04-05", 80, vendor="storea"),
        refund("ROOT2-B003", "2026-04-05", 80, vendor="storeb"),
    ],
    [
        sale("ROOT3", "2026-04-04", 80, affiliate="joe"),
        sale("ROOT3", "2026-04-02", 80, affiliate="ann", transaction_type="BILL", payment_number=1),
        sale("ROOT3", "2026-04-09", 80, affiliate="ann", transaction_type="BILL", payment_number=2),
        refund("ROOT3-B009", "2026-04-12", 80),
    ],
    [
        sale("ROOT4", "2026-04-02", 80, affiliate="joe", transaction_type="BILL", payment_number=3),
        sale("ROOT4", "2026-04-04", 80, affiliate="ann", transaction_type="BILL", payment_number=2),
        refund("ROOT4-B009", "2026-04-12", 80),
    ],
    [
        sale("ROOT5", "2026-04-02", 80, affiliate="joe", transaction_type="BILL", payment_number=3),
        sale("ROOT5", "2026-04-02", 80, affiliate="ann", transaction_type="BILL", payment_number=2),
        refund("ROOT5-B009", "2026-04-12", 80),
    ],
)

REVERSALS = (*_STORES, *_PARTS, *_SHARES, *_MOMENTS, *_ROOTS)
