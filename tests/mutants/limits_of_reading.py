"""Limits of reading: flags, times at their tolerance, lines that say nothing, windows and claims in rare units."""

from __future__ import annotations

from tests.mutants.telling import USUAL, refund, sale, sold, told

READINGS = (
    # A flag inside the data of an alert or a sync.
    [
        told("threshold.reached", {"metric": "sale_count", "threshold": 3, "is_test": True}),
        told("threshold.reached", {"metric": "refund_count", "threshold": 3, "livemode": False}),
        told("data.synced", {"sync_id": "TESTED", "is_test": True, "completed_at": "2026-04-01T12:00:00Z"}),
        told(
            "data.synced", {"sync_id": "NOTLIVE", "livemode": False, "completed_at": "2026-04-01T12:00:00Z"}
        ),
    ],
    # A clock may be ahead by 48 hours, not by more.
    [
        sale("AHEAD48", "2026-05-03T12:00:00Z", 11),
        sale("AHEAD49", "2026-05-03T12:30:00Z", 12),
        told("sale.created", [sold("AHEADROW", "2026-05-03T12:30:00Z", 13)]),
        told(
            "sale.created", USUAL | {"receipt": "AHEADALL", "amount": 14}, created_at="2026-05-03T12:30:00Z"
        ),
    ],
    # Lines that say nothing leave the product's own number.
    [
        sale("NOLINE", "2026-04-02", 50, item_no="P1"),
        refund("NOLINE", "2026-04-05", 50, item_no="P1", line_items=[7]),
        refund("NOLINE", "2026-04-09", 5, item_no="P2", line_items=[7], refund_id="NL2"),
    ],
    # Only the envelope says when a refund was: its instant is no bare date.
    [
        sale("BYENVELOPE", "2026-04-05T18:00:00Z", 50),
        sale("BYENVELOPE", "2026-04-03T18:00:00Z", 40, transaction_type="BILL", payment_number=2),
        told(
            "refund.processed",
            USUAL | {"receipt": "BYENVELOPE", "refund_amount": 40},
            created_at="2026-04-05T12:00:00Z",
        ),
    ],
    # A rebill's number may stand in its lines alone.
    [
        sale(
            "INLINES", "2026-03-02", 50, line_items=[{"item_no": "P1", "price": 50, "payments_processed": 1}]
        ),
        *(
            sale(
                "INLINES",
                day,
                50,
                transaction_type="BILL",
                line_items=[{"item_no": "P1", "price": 50, "payments_processed": 2}],
            )
            for day in ("2026-04-02", "2026-04-03")
        ),
    ],
    # A line that says no quantity has one unit; of a price that adds up only by the unit, likewise.
    [
        sale(
            "UNITS",
            "2026-04-02",
            67,
            line_items=[{"item_no": "P1", "price": 20, "quantity": 3}, {"item_no": "P2", "price": 7}],
        )
    ],
    # An affiliate's view comes before a partner's.
    [
        sale("VIEWS", "2026-04-02", 50, role="JV_UPSELL", affiliate="joe"),
        sale("VIEWS", "2026-04-03", 60, role="AFFILIATE", affiliate="ann"),
        sale("VIEWS2", "2026-04-02", 50, role="AFFILIATE", affiliate="joe"),
        sale("VIEWS2", "2026-04-03", 60, role="AAA", affiliate="ann"),
    ],
    # A row that counts for nothing has no say about the others, with a receipt or without.
    [
        told(
            "sale.created",
            [
                sold("WITHFEES", "2026-04-02", 50),
                {
                    "transaction_type": "FEE",
                    "currency": "USD",
                    "amount": 3,
                    "sold_at": "2026-04-02T12:00:00Z",
                },
                {
                    "transaction_type": "FEE",
                    "currency": "EUR",
                    "amount": 4,
                    "sold_at": "2026-04-02T12:00:00Z",
                },
            ],
        )
    ],
)

_REACHED = {"triggered_at": "2026-04-20T12:00:00Z"}
ALERTS = (
    # A percent sign says the unit, behind the value or behind the threshold.
    [
        told(
            "threshold.reached",
            _REACHED | {"rule_id": f"percent{place}", "metric": "refund_rate", "window_days": 30} | more,
        )
        for place, more in enumerate(
            (
                {"threshold": "10%"},
                {"threshold": 10, "current_value": "12%"},
                {"threshold": "10%", "current_value": 12},
                {"threshold": 10, "current_value": 12, "unit": "%"},
                {"threshold": 10, "current_value": 12, "unit": "ratio"},
                {"threshold": 10, "current_value": 12},
                {"current_value": "12"},
            )
        )
    ],
    # Windows by hours and by minutes.
    [
        told(
            "threshold.reached",
            _REACHED | {"rule_id": f"window{place}", "metric": "sale_count", "current_value": 4} | more,
        )
        for place, more in enumerate(
            (
                {"window_minutes": 90},
                {"window_hours": 100},
                {"window_hours": 100, "window_minutes": 90},
                {"window_minutes": 90, "window_start": "2026-04-05T12:00:00Z"},
                {"window_hours": 500, "window_start": "2026-04-02T12:00:00Z"},
                {"window_days": 5, "window_start": "2026-04-02T12:00:00Z"},
            )
        )
    ],
)

# Whether a moment is inside a window is a matter of a microsecond.
MOMENTS = (
    [
        *(sale(f"MOMENT{place}", f"2026-04-21T07:00:00.00000{place}Z", 10) for place in range(3)),
        *(sale(f"MOMENT{place}", f"2026-04-22T12:00:00.00000{place}Z", 10) for place in range(3, 6)),
        *(
            told(
                "threshold.reached",
                {
                    "rule_id": f"moment{reached}",
                    "metric": "sale_count",
                    "current_value": 1,
                    "triggered_at": reached,
                }
                | {"window_start": f"{reached[:10]}T06:00:00Z"},
            )
            for reached in (
                "2026-04-21T07:00:00Z",
                "2026-04-22T12:00:00.000003Z",
                "2026-04-21T07:00:00.000001Z",
            )
        ),
    ],
)

SYNCS = (
    [
        told(
            "data.synced",
            {
                "sync_id": f"COUNTED{place}",
                "completed_at": f"2026-04-{place + 2:02}T12:00:00Z",
                "range_start": "2026-03-01",
                "range_end": "2026-04-10T07:00:00.000001Z",
            }
            | more,
        )
        for place, more in enumerate(
            (
                {"updated": 3},
                {"inserted": 2},
                {"inserted": 2, "updated": 3},
                {"refunds_count": 3},
                {"chargebacks_count": 4},
                {"records": 0, "sales_count": 2},
                {"failed_job_count": 1},
                {"is_sync_finished": False},
            )
        )
    ],
)
