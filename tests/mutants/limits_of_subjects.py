"""Limits of event ids: bodies with one id that leave out now this and now that of their subject."""

from __future__ import annotations

from tests.mutants.telling import Body, refund, sale, told


def _under(event_id: str, hour: int) -> Body:
    return {"envelope": {"id": event_id, "created_at": f"2026-04-20T{hour:02}:00:00Z"}}


def _alert(event_id: str, hour: int, **data: object) -> Body:
    return told(
        "threshold.reached",
        {"threshold": 3, "triggered_at": "2026-04-20T12:00:00Z", **data},
        **_under(event_id, hour)["envelope"],
    )


SUBJECTS: tuple[list[Body], ...] = (
    # Without a rule the metric names an alert.
    [_alert("al1", 1, metric="sale_count"), _alert("al1", 2, metric="refund_count")],
    # A scope without a value is a scope.
    [
        _alert("al2", 1, metric="sale_count", scope_type="vendor"),
        _alert("al2", 2, metric="sale_count", scope_type="affiliate"),
    ],
    # Two types: the body that says none is about neither of them.
    [
        sale("KINDS", "2026-04-02", 40, transaction_type="SALE", **_under("s1", 1)),
        sale("KINDS", "2026-04-03", 41, transaction_type="BILL", **_under("s1", 2)),
        sale("KINDS", "2026-04-04", 42, **_under("s1", 3)),
    ],
    # Two sellers likewise.
    [
        sale("SELLERS", "2026-04-02", 40, vendor="storea", **_under("s2", 1)),
        sale("SELLERS", "2026-04-02", 41, vendor="storeb", **_under("s2", 2)),
        sale("SELLERS", "2026-04-02", 42, vendor=None, **_under("s2", 3)),
    ],
    # Two refund ids likewise.
    [
        refund("DETAILS", "2026-04-02", 10, refund_id="DA", **_under("s3", 1)),
        refund("DETAILS", "2026-04-02", 11, refund_id="DB", **_under("s3", 2)),
        refund("DETAILS", "2026-04-02", 12, **_under("s3", 3)),
    ],
    # A seller is that of the same type, a number that of the same type and seller.
    [
        sale("OFTYPE", "2026-04-02", 40, transaction_type="SALE", vendor="storea", **_under("s4", 1)),
        sale("OFTYPE", "2026-04-02", 41, transaction_type="BILL", vendor="storeb", **_under("s4", 2)),
        sale("OFTYPE", "2026-04-02", 42, transaction_type="SALE", vendor=None, **_under("s4", 3)),
    ],
    [
        sale("OFBILLS", "2026-04-02", 40, transaction_type="BILL", payment_number=2, **_under("s5", 1)),
        sale(
            "OFBILLS",
            "2026-04-02",
            41,
            transaction_type="SALE",
            is_rebill=True,
            payment_number=3,
            **_under("s5", 2),
        ),
        sale("OFBILLS", "2026-04-03", 42, transaction_type="BILL", **_under("s5", 3)),
    ],
    [
        sale("OFSHOPS", "2026-04-02", 40, transaction_type="BILL", payment_number=2, **_under("s6", 1)),
        sale(
            "OFSHOPS",
            "2026-04-02",
            41,
            transaction_type="BILL",
            vendor="storeb",
            payment_number=3,
            **_under("s6", 2),
        ),
        sale("OFSHOPS", "2026-04-03", 42, transaction_type="BILL", **_under("s6", 3)),
    ],
)
