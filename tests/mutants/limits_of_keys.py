"""Limits of natural keys: which telling says the id, the number, the items or the end of which other."""

from __future__ import annotations

from tests.mutants.telling import Body, dispute, refund, refunded, sale, sold, told


def _written(hour: int, **more: object) -> Body:
    return {"created_at": f"2026-04-20T{hour:02}:00:00Z", **more}


def _run(sync_id: str, hour: int, **more: object) -> Body:
    return told("data.synced", {"sync_id": sync_id, "source": "clickbank", **more}, **_written(hour))


KEYS: tuple[list[Body], ...] = (
    # Two parts of one refund, and the whole of it: the whole is the latest part.
    [
        sale("WHOLE", "2026-04-02", 80),
        refund("WHOLE", "2026-04-05", 10, refund_id="W1", item_no="P1", envelope=_written(1)),
        refund("WHOLE", "2026-04-05", 11, refund_id="W1", item_no="P2", envelope=_written(2)),
        refund("WHOLE", "2026-04-05", 21, refund_id="W1", envelope=_written(3)),
        refund("WHOLE", "2026-04-06", 10, refund_id="W2", item_no="P1", envelope=_written(4)),
        refund("WHOLE", "2026-04-06", 11, refund_id="W2", item_no="P3", envelope=_written(5)),
        refund("WHOLE", "2026-04-06", 21, refund_id="W2"),
    ],
    *(
        [
            refund("UNDATED", "2026-04-05", place, refund_id=f"U{place}", item_no="P1"),
            refund("UNDATED", "2026-04-05", place, refund_id=f"U{place}", item_no="P2"),
            refund("UNDATED", "2026-04-05", place + 10, refund_id=f"U{place}"),
        ]
        for place in range(1, 7)
    ),
    # A row that failed names items too, in the body of one that did not.
    [
        told(
            "refund.processed",
            [
                refunded("FAILEDPART", "2026-04-05", 10, refund_id="F1", item_no="P1"),
                refunded("FAILEDPART", "2026-04-05", 11, refund_id="F1", item_no="P2", status="failed"),
            ],
            **_written(2),
        ),
        refund("FAILEDPART", "2026-04-05", 21, refund_id="F1", envelope=_written(1)),
    ],
    # Two rows that name no item are the whole refund too.
    [
        told("refund.processed", [refunded("NOITEM", "2026-04-05", 80, refund_id="N1", fee=2)] * 2),
        refund("NOITEM", "2026-04-04", 80, refund_id="N1", item_no="P1"),
    ],
    # The parts of one body are one thing to the other bodies.
    [
        told(
            "refund.processed",
            [refunded("ONEBODY", "2026-04-05", 10, refund_id="O1", item_no=item) for item in ("P1", "P2")],
        ),
        sale("ONEBODY", "2026-04-02", 80),
    ],
    # A body that cannot be read, or that was corrected, lends no id.
    [
        told("refund.processed", [refunded("UNREAD", "2026-04-05", 10, refund_id="Q1"), 7]),
        refund("UNREAD", "2026-04-05", 10),
        refund("CORRECTED", "2026-04-05", 10, refund_id="C1", envelope=_written(1, id="corrected")),
        refund("CORRECTED", "2026-04-05", 10, envelope=_written(2, id="corrected")),
    ],
    # Nor does another role, or a dispute.
    [
        refund("LENT", "2026-04-05", 10, refund_id="L1", role="VENDOR"),
        refund("LENT", "2026-04-05", 10, role="AFFILIATE"),
        dispute("LENT", "2026-04-07", 12, refund_id="L2"),
        refund("LENT", "2026-04-07", 12),
    ],
    # Of two numbers at one instant the smaller one, of the same seller.
    [
        sale("NUMBERS", "2026-04-05", 10, transaction_type="BILL", payment_number=2),
        sale("NUMBERS", "2026-04-05", 11, transaction_type="BILL", payment_number=3),
        sale("NUMBERS", "2026-04-05", 12, transaction_type="BILL", role="AFFILIATE"),
        sale("NUMBERS2", "2026-04-05", 10, transaction_type="BILL", payment_number=2, vendor="storea"),
        sale("NUMBERS2", "2026-04-05", 11, transaction_type="BILL", vendor="storeb"),
    ],
    # A run that has not ended is the one of its id and source that has, where there is one.
    [
        _run("RUN1", 1, started_at="2026-04-05T12:00:00Z", records=1),
        _run("RUN1", 2, completed_at="2026-04-05T13:00:00Z", records=2),
        _run("RUN2", 1, started_at="2026-04-05T12:00:00Z", records=3),
        _run("RUN2", 2, completed_at="2026-04-06T13:00:00Z", records=4),
        _run("RUN2", 3, completed_at="2026-04-07T13:00:00Z", records=5),
        _run("RUN3", 1, started_at="2026-04-05T12:00:00Z", records=6),
        _run("RUN3", 2, completed_at="2026-04-08T13:00:00Z", records=7, source="shop"),
    ],
    # A sale told in rows may say its currency in any of them.
    [
        told(
            "sale.created",
            [
                sold("LATECURRENCY", "2026-04-02", 10, item_no="P1", currency=None),
                sold("LATECURRENCY", "2026-04-02", 20, item_no="P2"),
            ],
        ),
        told(
            "refund.processed",
            [
                refunded("LATECURRENCY", "2026-04-05", 10, item_no="P1", currency=None),
                refunded("LATECURRENCY", "2026-04-05", 20, item_no="P2"),
            ],
        ),
    ],
    # Rows that count for nothing, each for a reason of its own.
    [
        told(
            "sale.created",
            [
                sold("NOTHING", "2026-04-02", 10, transaction_type="FEE"),
                sold("NOTHING", "2026-04-02", 20, transaction_type="ABANDONED_ORDER"),
            ],
        ),
        {"id": "untyped", "data": {"receipt": "UNTYPED", "amount": 3}},
        {"id": "untyped", "data": {"receipt": "UNTYPED", "amount": 4}},
    ],
)
