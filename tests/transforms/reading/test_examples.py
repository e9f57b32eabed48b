"""``sql/examples`` answers the owners' questions, with figures that a hand count confirms."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from cbw.errors import ConfigurationError
from tests.histories import END, history
from tests.oracle import RawDelivery
from tests.oracle.builders import chargeback, deliver, refund, sale
from tests.sql.harness import built
from transforms.reading.examples import EXAMPLES, Example, example_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transforms.store.store import Store

# It compares the figures of two nights, and a history of deliveries has none.
NIGHTLY = "why_net_sales_changed"


@pytest.fixture(scope="module")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Yield a store with an invented history of four months."""
    raw = [RawDelivery(END, body) for body in history(1200, 120)]
    with built(raw, tmp_path_factory.mktemp("invented")) as store:
        yield store


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Yield a store small enough to count by hand: two sales and a rebill, reversed in three ways."""
    raw = [
        sale("AAAA1111", "2026-05-04T12:00:00-0700", 100, affiliate="joe", totalTaxAmount=8, country="US"),
        sale("AAAA1111", "2026-05-04T12:00:00-0700", 100, affiliate="joe", role="AFFILIATE"),
        sale("BBBB2222", "2026-05-04T18:00:00-0700", 50, affiliate="ann", paymentMethod="VISA", country="CA"),
        sale("AAAA1111-B002", "2026-05-11T12:00:00-0700", 40, affiliate="joe", transactionType="BILL"),
        refund("BBBB2222", "2026-05-07T12:00:00-0700", 20),
        refund("BBBB2222", "2026-05-11T13:00:00-0700", 30),
        chargeback("AAAA1111", "2026-05-11T14:00:00-0700", 100),
        deliver(
            "data.synced",
            {
                "sync_id": "S1", "source": "clickbank", "completed_at": "2026-05-12T00:00:00Z", "records": 4,
                "range_start": "2026-05-11", "range_end": "2026-05-11",
            },
        ),
        deliver("sale.created", {"receipt": "CCCC3333", "totalOrderAmount": 1, "transactionTime": "soon"}),
    ]  # fmt: skip
    with built(raw, tmp_path_factory.mktemp("small")) as store:
        yield store


def answer(store: Store, name: str) -> list[dict[str, Any]]:
    cursor = store.connection.execute(Example.named(name).sql)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def columns(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


def test_there_are_enough_for_the_questions_that_owners_ask() -> None:
    assert len(example_names()) >= 15


@pytest.mark.parametrize("name", example_names())
class TestEveryExample:
    def test_begins_with_its_question_and_what_to_know(self, name: str) -> None:
        example = Example.named(name)
        first, second = example.sql.splitlines()[:2]
        assert (first, second) == (f"-- {example.question}", f"-- {example.remark}")
        assert example.question.endswith("?")
        assert example.remark.endswith(".")

    def test_names_every_column_for_people(self, name: str, invented: Store) -> None:
        cursor = invented.connection.execute(Example.named(name).sql)
        names = [column[0] for column in cursor.description or []]
        assert len(names) == len(set(names))
        assert [
            column for column in names if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_ .,'%]*", column)
        ] == []

    def test_returns_rows_that_fit_a_screen_or_are_a_day_of_events(self, name: str, invented: Store) -> None:
        rows = answer(invented, name)
        assert len(rows) > 0 or name == NIGHTLY
        assert len(rows) <= 60

    def test_gives_the_same_rows_in_the_same_order_each_time(self, name: str, invented: Store) -> None:
        assert answer(invented, name) == answer(invented, name)


def test_an_unknown_example_is_refused_with_a_hint() -> None:
    with pytest.raises(ConfigurationError, match=r"no example '\.\./checks/quarantine_is_empty'.*--examples"):
        Example.named("../checks/quarantine_is_empty")
    assert (EXAMPLES / "../checks/quarantine_is_empty.sql").exists()


def test_the_events_behind_a_day_add_up_to_its_net_sales(small: Store) -> None:
    rows = answer(small, "events_behind_a_day")
    assert columns(rows, "kind", "receipt", "amount") == [
        ("rebill", "AAAA1111-B002", 40),
        ("refund", "BBBB2222", -30),
        ("chargeback", "AAAA1111", -100),
    ]
    assert {row["net of the day"] for row in rows} == {Decimal(-90)}
    assert {row["day"] for row in rows} == {date(2026, 5, 11)}


def test_the_events_behind_any_day_add_up_to_its_net_sales(invented: Store) -> None:
    """The sum of the example for each day of the history equals daily_sales."""
    latest = "select max(report_date) as report_date from daily_sales"
    sql = Example.named("events_behind_a_day").sql
    assert latest in sql
    rows = invented.connection.execute(
        sql.replace(latest, "select distinct report_date from daily_sales")
    ).fetchall()
    explained: dict[tuple[Any, Any], Decimal] = {}
    for day, _, _, _, _, currency, amount, *_ in rows:
        explained[day, currency] = explained.get((day, currency), Decimal(0)) + amount
    published = invented.connection.execute(
        "select report_date, currency, sum(net_sales) from daily_sales group by all"
    ).fetchall()
    assert explained == {(day, currency): net for day, currency, net in published}


def test_days_to_refund_counts_each_receipt_by_its_first_refund(small: Store) -> None:
    assert columns(answer(small, "days_to_refund"), "days after the sale", "receipts", "so far %") == [
        ("1 to 3", 1, 100.0)
    ]


def test_chargebacks_by_affiliate_weekly_count_in_the_week_of_the_chargeback(small: Store) -> None:
    """Sold in the week of 4 May, charged back in the week of 11 May, in which joe sold one rebill."""
    assert columns(
        answer(small, "chargebacks_by_affiliate_weekly"),
        *("week", "affiliate", "currency", "chargebacks", "amount", "sales of the week", "rate %"),
    ) == [(date(2026, 5, 11), "joe", "USD", 1, 100, 1, 100.0)]


def test_rebills_are_compared_with_the_orders_on_the_form(small: Store) -> None:
    assert columns(
        answer(small, "rebills_beside_initial_sales"),
        *("month", "initial sales", "rebills", "orders on the form", "gross of rebills", "rebills %"),
    ) == [(date(2026, 5, 1), 2, 1, 2, 40, 33.3)]


def test_the_refund_rate_trend_shows_both_rates_of_a_week(invented: Store) -> None:
    rows = answer(invented, "refund_rate_trend")
    assert [row["week"] for row in rows] == sorted((row["week"] for row in rows), reverse=True)
    young, old = rows[0], rows[-1]
    assert young["rate of the cohort %"] is None
    assert young["rate by event date %"] is not None
    assert old["rate of the cohort %"] is not None


def test_the_trend_by_event_date_ends_at_the_rates_of_today(invented: Store) -> None:
    published = invented.connection.execute(
        "select floor(10000 * sum(refund_count) / sum(sale_count)) / 100 from refund_rates "
        "where window_days = 30 and report_date = (select max(report_date) from refund_rates)"
    ).fetchall()
    assert answer(invented, "refund_rate_trend")[0]["rate by event date %"] == published[0][0]


def test_top_affiliates_rank_by_net_sales(small: Store) -> None:
    """Joe sold 140, of which customers got 100 back; ann sold 50 and customers got all of it back."""
    assert columns(
        answer(small, "top_affiliates"), "rank", "rank by gross", "affiliate", "gross sales", "net sales"
    ) == [(1, 1, "joe", 140, 40), (2, 2, "ann", 50, 0)]


def test_sales_by_origin_show_the_reversals_of_each_part(small: Store) -> None:
    """The rebill names no country, and no sale a tracking id."""
    assert columns(
        answer(small, "sales_by_origin"),
        *("part", "origin", "sales", "gross sales", "left of them", "refunded %", "charged back %"),
    ) == [
        ("country", "(none)", 1, 40, 40, 0.0, 0.0),
        ("country", "CA", 1, 50, 0, 100.0, 0.0),
        ("country", "US", 1, 100, 0, 0.0, 100.0),
        ("payment method", "(none)", 2, 140, 40, 0.0, 50.0),
        ("payment method", "VISA", 1, 50, 0, 100.0, 0.0),
        ("tracking id", "(none)", 3, 190, 40, 33.33, 33.33),
    ]


def test_sync_gaps_name_the_days_and_how_many_records_are_missing(small: Store) -> None:
    assert columns(answer(small, "sync_gaps"), "source", "first day", "claimed", "held", "gap") == [
        ("clickbank", date(2026, 5, 11), 4, 3, 1)
    ]


def test_alert_mismatches_are_those_and_no_others(invented: Store) -> None:
    expected = invented.connection.execute(
        "select event_key from fct_threshold_alerts where verdict = 'mismatch' order by reached_at desc, event_key"
    ).fetchall()
    assert 0 < len(expected) <= 20
    assert columns(answer(invented, "alert_mismatches"), "event_key") == expected


def test_the_history_of_a_receipt_is_every_event_in_order(small: Store) -> None:
    rows = columns(answer(small, "receipt_history"), "kind", "role", "amount", "state now")
    assert sorted(rows[:2]) == [
        ("sale", "AFFILIATE", 100, "charged_back"),
        ("sale", "VENDOR", 100, "charged_back"),
    ]
    assert rows[2:] == [("chargeback received", "VENDOR", -100, "charged_back")]


def test_the_statement_of_a_month_is_the_sum_of_its_days(small: Store) -> None:
    assert columns(
        answer(small, "monthly_statement"),
        *("month", "currency", "vendor", "gross_sales", "tax_in_it", "refunds", "chargebacks", "net_sales"),
    ) == [(date(2026, 5, 1), "USD", "shop", 190, 8, 50, 100, 40)]


def test_quarantined_events_are_listed_with_their_path_in_the_body(small: Store) -> None:
    assert columns(answer(small, "quarantined_events"), "reason", "type", "place in the body", "events") == [
        ("bad_time", "sale.created", "$.data.transactionTime", 1)
    ]


def test_an_evening_sale_is_another_day_in_utc(small: Store) -> None:
    """18:00 Pacific on 4 May is 01:00 UTC on 5 May."""
    assert columns(
        answer(small, "pacific_beside_utc"), "day", "by report day", "by UTC day", "difference"
    ) == [
        (date(2026, 5, 11), 40, 40, 0),
        (date(2026, 5, 5), 0, 50, -50),
        (date(2026, 5, 4), 150, 100, 50),
    ]


def test_the_chargeback_rate_is_compared_with_the_limits_for_14_days_only(small: Store) -> None:
    rows = answer(small, "chargeback_rate_by_window")
    assert columns(rows, "days", "limit") == [
        (7, ""), (14, "2.0 % or more"), (30, ""), (60, ""), (90, ""),
    ]  # fmt: skip
