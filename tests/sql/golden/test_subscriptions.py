"""Subscriptions by hand. Sources: ClickBank's help pages on rebills, cancellations and INS; today is 31 March 2026."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from tests.oracle.builders import deliver, only, pick
from tests.sql.golden.lives import DUE, FREE, LIVES, billed, cancelled, refunded, sold, today
from tests.sql.one_store import opened, tables_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.sql.golden import Build

    Tables = Mapping[str, list[dict[str, Any]]]

PACIFIC = ZoneInfo("America/Los_Angeles")
NEW, STAYED = {"new": 1, "active": 1}, {"start": 1, "active": 1}


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[dict[str, Any]]]]:
    for store in opened(tmp_path_factory.mktemp("lives"), threads=1):
        built = tables_of(store, *(delivery for life in LIVES.values() for delivery in life))
        names = (
            "fct_subscriptions",
            "fct_subscription_events",
            "subscription_months",
            "subscription_retention",
        )
        yield {name: built[name] for name in (*names, "cancellations_by_age", "events")}


def subscription(tables: Tables, name: str) -> dict[str, Any]:
    return only(tables["fct_subscriptions"], root_receipt=name)


def state_of(tables: Tables, name: str) -> tuple[Any, ...]:
    row = subscription(tables, name)
    return (row["state"], row["end_cause"], row["state_basis"])


def month(tables: Tables, name: str, number: int) -> dict[str, Any]:
    return only(tables["subscription_months"], month=date(2026, number, 1), item_no=name)


def flows(tables: Tables, name: str) -> list[dict[str, int]]:
    """Return the counts of each month that are not 0."""
    names = ("start", "new", "reactivated", "churned", "completed", "active")
    rows = sorted(
        (row for row in tables["subscription_months"] if row["item_no"] == name), key=lambda row: row["month"]
    )
    return [{key: row[f"{key}_count"] for key in names if row[f"{key}_count"]} for row in rows]


@pytest.mark.parametrize(
    ("name", "state", "expected"),
    [
        ("MONTHEND", ("active", None, "inferred"), [NEW, STAYED, STAYED]),
        ("RUNOUT", ("ended", "request", "told"), [NEW, {"start": 1, "churned": 1}, {}]),
        # taken back before its end it never left
        ("TAKENBACK", ("active", None, "inferred"), [NEW, STAYED, STAYED]),
        (
            *("CAMEBACK", ("past_due", None, "inferred")),
            [NEW, {"start": 1, "churned": 1}, {"reactivated": 1, "active": 1}],
        ),
        ("REFUNDED", ("ended", "refund", "inferred"), [NEW, {"start": 1, "churned": 1}, {}]),
        (
            *("RETAINED", ("active", None, "inferred")),
            [NEW, {"start": 1, "churned": 1}, {"reactivated": 1, "active": 1}],
        ),
        ("BOTH", ("ended", "refund", "told"), [NEW, STAYED, {"start": 1, "churned": 1}]),
        ("DISPUTED", ("ended", "chargeback", "inferred"), [{"new": 1, "churned": 1}, {}, {}]),
        # a refund of another item, of its own, and of a part of its own
        ("CARTBOOK", ("active", None, "inferred"), [NEW, STAYED, STAYED]),
        ("CARTPLAN", ("ended", "refund", "inferred"), [{"new": 1, "churned": 1}, {}, {}]),
        ("CARTPART", ("active", None, "inferred"), [NEW, STAYED, STAYED]),
        ("TRIAL", ("active", None, "inferred"), [NEW, STAYED, STAYED]),
        ("UNPAID", ("ended", "request", "told"), [{}, {}, {}]),
        ("INSTALLED", ("completed", "completed", "inferred"), [NEW, STAYED, {"start": 1, "completed": 1}]),
        # a prorated refund, and the first payment of the new plan a day later
        ("CHANGED", ("active", None, "inferred"), [NEW, STAYED, STAYED]),
        ("LATE14", ("active", None, "inferred"), [NEW, STAYED, STAYED]),
        ("LATE16", ("active", None, "inferred"), [NEW, STAYED, STAYED]),
        (
            "LATE20",
            ("active", None, "inferred"),
            [NEW, {"start": 1, "churned": 1}, {"reactivated": 1, "active": 1}],
        ),
        ("LAPSED", ("lapsed", "lapsed", "inferred"), [NEW, {"start": 1, "churned": 1}, {}]),
        ("DECLINED", ("ended", "payment_failure", "told"), [NEW, {"start": 1, "churned": 1}, {}]),
        ("UNTOLD", ("ended", "payment_failure", "told"), [NEW, {"start": 1, "churned": 1}, {}]),
        ("OVERDUE", ("ended", "request", "told"), [NEW, {"start": 1, "churned": 1}, {}]),
        ("PAUSED", ("active", None, "inferred"), [NEW, STAYED, STAYED]),
    ],
)
def test_a_life_has_its_state_and_its_months(
    tables: Tables, name: str, state: tuple[Any, ...], expected: list[dict[str, int]]
) -> None:
    """The end of each paid time is 10 February, and a subscription lapses on the 27th."""
    assert state_of(tables, name) == state
    assert flows(tables, name) == expected


def test_a_rebill_of_a_month_end_comes_within_three_days_of_its_due_date(
    tables: Tables, build: Build
) -> None:
    """Gaps of 29 and 28 days: due 29 March by the first, 26 April by their median of 28.5, rounded up."""
    two = subscription(build(*LIVES["MONTHEND"][:2]), "MONTHEND")
    assert (two["cadence_days"], two["next_due_date"]) == (29, date(2026, 3, 29))
    three = subscription(tables, "MONTHEND")
    assert (three["cadence_days"], three["next_due_date"]) == (29, date(2026, 4, 26))


def test_a_cancelled_subscription_is_active_until_its_paid_time_is_over(tables: Tables, build: Build) -> None:
    running = subscription(build(*LIVES["RUNOUT"], today("02-09")), "RUNOUT")
    assert (running["state"], running["ended_at"]) == ("cancelled_paid", None)
    assert (running["paid_through_date"], running["days_to_cancellation"]) == (date(2026, 2, 9), 15)
    assert subscription(tables, "RUNOUT")["ended_at"] == datetime(2026, 2, 10, tzinfo=PACIFIC)


def test_a_cancellation_that_was_taken_back_leaves_a_count(tables: Tables) -> None:
    row = subscription(tables, "TAKENBACK")
    assert (row["cancelled_at"], row["days_to_cancellation"], row["uncancel_count"]) == (None, None, 1)


def test_attempts_of_a_cancellation_and_of_a_refund_are_one_event_each(tables: Tables) -> None:
    events = [row for row in tables["fct_subscription_events"] if row["root_receipt"] == "BOTH"]
    ends = [row for row in events if row["event"] in {"cancelled", "refunded"}]
    assert pick(ends, "event", "payment_number", "is_ending", "source") == [
        ("cancelled", None, False, "ins"),
        ("refunded", 3, True, "ins"),
    ]
    assert month(tables, "BOTH", 3)["churned_voluntary_count"] == 1


def test_a_chargeback_is_involuntary_and_an_end_in_the_first_month_is_in_no_rate(tables: Tables) -> None:
    row = month(tables, "DISPUTED", 1)
    assert (row["churned_involuntary_count"], row["new_and_churned_count"]) == (1, 1)
    assert (row["churn_rate"], row["churn_rate_stripe"]) == (None, 1)
    lapsed = month(tables, "LAPSED", 2)
    assert (lapsed["churned_involuntary_count"], lapsed["churned_inferred_count"]) == (1, 1)


def test_a_trial_becomes_a_subscription_with_its_first_payment_above_0(tables: Tables, build: Build) -> None:
    begun = build(sold("TRIAL", line=FREE, totalOrderAmount=0))
    assert state_of(begun, "TRIAL") == ("trial", None, "inferred")
    assert (flows(begun, "TRIAL"), month(begun, "TRIAL", 1)["trial_count"]) == ([{}], 1)
    row = subscription(tables, "TRIAL")
    assert (row["is_trial_start"], row["payments_count"], row["paid_payments_count"]) == (True, 4, 3)
    assert row["cadence_days"] == 30  # 31 days and 28, median 29.5
    first = only(tables["subscription_retention"], item_no="TRIAL", payment_number=1)
    assert (first["due_count"], first["paid_count"], first["trial_count"]) == (1, 1, 1)


def test_cancellations_have_an_age_and_trials_are_among_them(tables: Tables) -> None:
    rows = [row for row in tables["cancellations_by_age"] if row["cancellation_count"]]
    assert pick(rows, "item_no", "age_days", "trial_count", "voluntary_count") == [
        ("BOTH", "61-90", 0, 1),
        ("DECLINED", "31-60", 0, 0),
        ("OVERDUE", "31-60", 0, 1),
        ("RUNOUT", "15-30", 0, 1),
        ("UNPAID", "1-7", 1, 1),
        ("UNTOLD", "31-60", 0, 0),
    ]


def test_rebills_may_arrive_before_their_sale(tables: Tables) -> None:
    early, later = subscription(tables, "EARLY"), subscription(tables, "LATER")
    assert (early["payments_count"], early["has_known_start"]) == (2, False)
    assert (later["payments_count"], later["has_known_start"]) == (3, True)
    assert later["started_date"] == date(2026, 1, 10)
    assert [row for row in tables["subscription_retention"] if row["item_no"] == "EARLY"] == []


def test_a_cancellation_of_an_unknown_receipt_is_an_orphan_and_no_subscription(tables: Tables) -> None:
    row = only(tables["fct_subscription_events"], root_receipt="GONE")
    assert (row["event"], row["item_no"], row["is_orphan"]) == ("cancelled", "GONE", True)
    assert [row for row in tables["fct_subscriptions"] if row["root_receipt"] == "GONE"] == []
    assert {row["status"] for row in tables["events"]} == {"mapped"}


def test_999_payments_are_a_plan_without_end_and_fewer_are_installments(tables: Tables) -> None:
    assert subscription(tables, "RUNOUT")["payments_planned"] is None
    assert subscription(tables, "INSTALLED")["payments_planned"] == 3
    rates = [row for row in tables["subscription_retention"] if row["item_no"] == "INSTALLED"]
    assert pick(rates, "payment_number", "retention_rate") == [(1, 1.0), (2, 1.0), (3, 1.0)]


def test_a_change_of_plan_keeps_the_subscription(tables: Tables) -> None:
    row = subscription(tables, "CHANGED")
    assert (row["item_no"], row["payments_count"], row["rebill_amount"]) == ("CHANGED", 3, 97)
    change = only(tables["fct_subscription_events"], event="changed", root_receipt="CHANGED")
    assert (change["old_item_no"], change["new_item_no"]) == ("CHANGED", "9")


def test_a_told_next_date_moves_the_due_day_as_a_pause_does(tables: Tables) -> None:
    assert subscription(tables, "PAUSED")["next_due_date"] == date(2026, 4, 1)


@pytest.mark.parametrize(("day", "state"), [("02-10", "active"), ("02-26", "past_due"), ("02-27", "lapsed")])
def test_without_any_notice_a_subscription_lapses_16_days_after_its_due_date(
    build: Build, day: str, state: str
) -> None:
    """Two of one customer; the other pays in time, and its second payment alone is known at first."""
    built = build(
        sold("LAPSED"), sold("PAYS", lineItems=sold_lines()), billed("PAYS", 2, "02-10"), today(day)
    )
    assert subscription(built, "LAPSED")["state"] == state
    second = only(built["subscription_retention"], item_no="LAPSED", payment_number=2)
    is_over = state == "lapsed"
    assert (second["due_count"], second["paid_count"], second["is_mature"]) == (1 + is_over, 1, is_over)
    assert second["retention_rate"] == (0.5 if is_over else None)


def sold_lines() -> list[dict[str, Any]]:
    return [{"itemNo": "LAPSED", "productPrice": 47, "recurring": True, **DUE}]


def test_recurring_revenue_is_monthly_and_without_tax_or_trials(build: Build) -> None:
    """47 every 31 days is 47 x 365 / 12 / 31 = 46.1156; 365 a year is 365 x 365 / 12 / 365 = 30.4167."""
    built = build(
        sold("TAXED", totalOrderAmount=50, totalTaxAmount=3),
        sold("YEAR", line={"productPrice": 365, "nextPaymentDate": "2027-01-10"}, totalOrderAmount=365),
        sold("FREE", line=FREE, totalOrderAmount=0),
        sold("OPEN", line={}),
    )
    rows = built["subscription_months"]
    assert pick(rows, "item_no", "mrr", "unknown_mrr_count") == [
        ("FREE", Decimal(0), 0),
        ("OPEN", Decimal(0), 1),
        ("TAXED", Decimal("46.1156"), 0),
        ("YEAR", Decimal("30.4167"), 0),
    ]


def test_churn_leaves_out_those_that_began_in_the_month(build: Build) -> None:
    """Of two active at the start of February one leaves; one begins and leaves in it: 1 / 2. Stripe: 2 / (2 + 1)."""
    lines = [{"itemNo": "plan", "productPrice": 47, "recurring": True, "nextPaymentDate": "2026-03-10"}]
    built = build(
        *(sold(name, lineItems=lines) for name in ("AAAA", "BBBB")),
        sold("CCCC", "02-05", lineItems=lines),
        *(refunded(name, "02-20", lineItems=[]) for name in ("AAAA", "CCCC")),
        today("03-01"),
    )
    february = month(built, "plan", 2)
    assert (february["churned_count"], february["new_and_churned_count"], february["churn_rate"]) == (
        2,
        1,
        0.5,
    )
    assert february["churn_rate_stripe"] == pytest.approx(2 / 3)
    assert (february["is_complete"], month(built, "plan", 3)["is_complete"]) == (True, False)


def test_command_center_may_tell_a_cancellation_too_and_tells_no_sale_by_it(build: Build) -> None:
    data = {
        "receipt": "AAAA",
        "vendor": "shop",
        "transaction_time": "2026-01-12T10:00:00-08:00",
        "itemNo": "AAAA",
    }
    both = build(sold("AAAA"), cancelled("AAAA", "01-12"), deliver("subscription.cancelled", data))
    ends = [row for row in both["fct_subscription_events"] if row["event"] == "cancelled"]
    assert pick(ends, "receipt", "occurred_at") == [("AAAA", datetime(2026, 1, 12, 10, tzinfo=PACIFIC))]
    inside = build(
        deliver("sale.created", data | {"transaction_type": "CANCEL-REBILL", "amount": 47}),
        deliver("subscription.cancelled", data | {"transaction_type": "SALE"}),
    )
    assert inside["fct_sales"] == inside["fct_subscription_events"] == []
    assert pick(inside["events"], "status", "reason") == [
        ("quarantined", "type_conflict"),
        ("unhandled", "transaction_type CANCEL-REBILL"),
    ]
