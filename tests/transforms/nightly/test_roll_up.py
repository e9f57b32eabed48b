"""A night's frozen figures stay, and events explain every later change of a past day, to the cent."""

from __future__ import annotations

import json
import random
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.histories import history
from tests.oracle import RawDelivery
from tests.oracle.builders import chargeback, deliver, refund, sale
from tests.sql.harness import rows_of
from tests.sql.one_store import opened, refill
from transforms.archive.nights import TABLES
from transforms.definitions.checks import read_checks, run_checks
from transforms.definitions.sql_file import SQL_DIR
from transforms.nightly.roll_up import owed, roll_up

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from transforms.store.store import Store

FIRST, SECOND, THIRD = date(2026, 5, 4), date(2026, 5, 5), date(2026, 5, 6)
MEASURES = (
    "sale_count", "rebill_count", "gross_sales", "refund_count", "refund_amount", "chargeback_count",
    "chargeback_amount", "net_sales",
)  # fmt: skip
NOON = "2026-05-0{}T12:00:00Z"
Figures = dict[tuple[Any, ...], tuple[Any, ...]]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    yield from opened(tmp_path_factory.mktemp("data"))


@pytest.fixture
def store(kept: Store) -> Store:
    forget(kept)
    return kept


def forget(store: Store) -> None:
    for table in ("nightly_roll_ups", *TABLES):
        store.connection.execute(f"delete from events.main.{table}")


def freeze(store: Store, night: date, deliveries: Sequence[RawDelivery]) -> None:
    """Freeze a night in which all of these deliveries, and no others, had been received."""
    refill(store, deliveries)
    roll_up(store, night, is_caught_up=False)


def figures_now(store: Store, before: date) -> Figures:
    """Return the figures of each day in daily_sales, added up by hand, without days of zeros."""
    found: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows_of(store, "daily_sales"):
        if row["report_date"] < before:
            sums = found.setdefault((row["report_date"], row["currency"], row["vendor"]), [0] * len(MEASURES))
            for place, measure in enumerate(MEASURES):
                sums[place] += row[measure]
    return {key: tuple(sums) for key, sums in found.items() if any(sums)}


def figures_known(store: Store, night: date, period: str = "day") -> Figures:
    """Return the figures as of a night: for each period the row of the latest night up to it."""
    rows = sorted(rows_of(store, "nightly_figures"), key=lambda row: row["night_date"])
    found = {
        (row["period_date"], row["currency"], row["vendor"]): tuple(row[measure] for measure in MEASURES)
        for row in rows
        if row["night_date"] <= night and row["period"] == period
    }
    return {key: sums for key, sums in found.items() if any(sums)}


def changes(store: Store, table: str, night: date) -> Figures:
    """Return the changes of a night, added up per day by hand."""
    found: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows_of(store, table):
        if row["night_date"] == night:
            sums = found.setdefault((row["report_date"], row["currency"], row["vendor"]), [0] * len(MEASURES))
            for place, measure in enumerate(MEASURES):
                sums[place] += row[f"{measure}_change"]
    return {key: tuple(sums) for key, sums in found.items() if any(sums)}


def differences(before: Figures, after: Figures) -> Figures:
    zeros = (0,) * len(MEASURES)
    found = {
        key: tuple(new - old for new, old in zip(after.get(key, zeros), before.get(key, zeros), strict=True))
        for key in before.keys() | after.keys()
    }
    return {key: sums for key, sums in found.items() if any(sums)}


def explained(store: Store, night: date) -> list[tuple[Any, ...]]:
    """Return the events that a night names, each with its day of May, cause and change of net sales."""
    return sorted(
        (row["receipt"], row["event_type"], row["report_date"].day, row["cause"], row["net_sales_change"])
        for row in rows_of(store, "restatement_events")
        if row["night_date"] == night
    )


def assert_adds_up(store: Store, night: date, before: Figures, boundary: date) -> None:
    """The restatements equal the changes of daily_sales, and their events add up to the restatements."""
    old = {key: sums for key, sums in before.items() if key[0] < boundary}
    new = {key: sums for key, sums in figures_now(store, night).items() if key[0] < boundary}
    assert changes(store, "restatements", night) == differences(old, new)
    assert changes(store, "restatement_events", night) == differences(old, new)
    assert violated(store) == []


def violated(store: Store) -> list[str]:
    results = run_checks(store.connection, read_checks(SQL_DIR / "conservation"))
    return [check.name for check in results if check.violations]


A, B = sale("A", NOON.format(1), 100), sale("B", NOON.format(2), 40)
SOLD = "sale.created"
REFUNDED = "refund.processed"
CHARGED_BACK = "chargeback.received"


def reported(receipt: str, gross: int, *, sold: int, reported: int) -> RawDelivery:
    """Return a sale that its sender names evt_<receipt>, sold and reported on days of May."""
    data = {"receipt": receipt, "totalOrderAmount": gross, "currency": "USD", "vendor": "shop"}
    data |= {"transactionTime": NOON.format(sold)}
    return deliver(SOLD, data, id=f"evt_{receipt}", created_at=NOON.format(reported))


# name -> (bodies before the first night, bodies before the second, the events that the second names)
# Each story has receipts of its own, so that all are reported in the same two nights.
STORIES: dict[str, tuple[list[RawDelivery], list[RawDelivery], list[tuple[Any, ...]]]] = {
    "a late sale": ([A], [B], [("B", SOLD, 2, "received_late", 40)]),
    "a late rebill of another vendor": (
        [],
        [sale("C-B002", NOON.format(2), 9.99, vendor="other", transactionType="BILL")],
        [("C-B002", SOLD, 2, "received_late", Decimal("9.99"))],
    ),
    "a late refund and a late chargeback": (
        [sale("D1", NOON.format(1)), sale("D2", NOON.format(2))],
        [refund("D1", NOON.format(3), 30), chargeback("D2", NOON.format(3), 40)],
        [("D1", REFUNDED, 3, "received_late", -30), ("D2", CHARGED_BACK, 3, "received_late", -40)],
    ),
    "an event reported again by another body, at another price": (
        [reported("E", 100, sold=1, reported=1)],
        [reported("E", 80, sold=1, reported=2)],
        [("E", SOLD, 1, "replaced", -20)],
    ),
    "an event reported again by another body, on another day": (
        [reported("F", 100, sold=1, reported=1)],
        [reported("F", 100, sold=2, reported=2)],
        [("F", SOLD, 1, "replaced", -100), ("F", SOLD, 2, "replaced", 100)],
    ),
    "the vendor's view of a receipt of which the affiliate's was known": (
        [sale("G", NOON.format(1), 90, role="AFFILIATE", affiliate="joe")],
        [sale("G", NOON.format(1), 100, affiliate="joe")],
        [("G", SOLD, 1, "received_late", 100), ("G", SOLD, 1, "withdrawn", -90)],
    ),
    "the sale of a refund that was an orphan without a currency": (
        [refund("H", NOON.format(3), 25)],
        [sale("H", NOON.format(2), 25)],
        [
            ("H", REFUNDED, 3, "read_anew", -25),
            ("H", REFUNDED, 3, "read_anew", 25),
            ("H", SOLD, 2, "received_late", 25),
        ],
    ),
    "an earlier refund of the same receipt and day takes over its count": (
        [sale("I", NOON.format(1)), refund("I", "2026-05-03T15:00:00Z", 30)],
        [refund("I", NOON.format(3), 20)],
        [("I", REFUNDED, 3, "read_anew", 0), ("I", REFUNDED, 3, "received_late", -20)],
    ),
    "the same delivery once more": ([sale("J", NOON.format(1))], [sale("J", NOON.format(1))], []),
    "a sale of the days between the nights": ([], [sale("K", NOON.format(4), 40)], []),
}


@pytest.fixture(scope="module")
def told_in_two_nights(kept: Store) -> tuple[list[tuple[Any, ...]], Figures, Figures, Figures]:
    """Return the events that the second night names, and the changes by tables, restatements and events."""
    forget(kept)
    first = [delivery for story in STORIES.values() for delivery in story[0]]
    freeze(kept, FIRST, first)
    before = figures_now(kept, FIRST)
    freeze(kept, SECOND, first + [delivery for story in STORIES.values() for delivery in story[1]])
    after = {key: sums for key, sums in figures_now(kept, SECOND).items() if key[0] < FIRST}
    assert violated(kept) == []
    return (
        explained(kept, SECOND), differences(before, after), changes(kept, "restatements", SECOND),
        changes(kept, "restatement_events", SECOND),
    )  # fmt: skip


@pytest.mark.parametrize("story", STORIES)
def test_each_event_that_changed_a_past_day_is_named(
    told_in_two_nights: tuple[list[tuple[Any, ...]], Figures, Figures, Figures], story: str
) -> None:
    first, later, events = STORIES[story]
    receipts = {json.loads(delivery.body)["data"]["receipt"] for delivery in first + later}
    assert [event for event in told_in_two_nights[0] if event[0] in receipts] == events


def test_a_past_day_changed_by_what_its_events_changed(
    told_in_two_nights: tuple[list[tuple[Any, ...]], Figures, Figures, Figures],
) -> None:
    _, by_tables, by_restatements, by_events = told_in_two_nights
    assert len(by_tables) > 4
    assert by_restatements == by_tables
    assert by_events == by_tables


def test_a_restatement_says_before_and_after(store: Store) -> None:
    freeze(store, FIRST, [A])
    freeze(store, SECOND, [A, refund("A", NOON.format(1), 30, currency="USD")])
    [row] = rows_of(store, "restatements")
    assert row == {
        "night_date": SECOND, "previous_night_date": FIRST, "report_date": date(2026, 5, 1), "currency": "USD",
        "vendor": "shop", "event_count": 1, "sale_count_change": 0, "rebill_count_change": 0,
        "gross_sales_change": 0, "refund_count_change": 1, "refund_amount_change": 30, "chargeback_count_change": 0,
        "chargeback_amount_change": 0, "net_sales_before": 100, "net_sales_after": 70, "net_sales_change": -30,
    }  # fmt: skip


def test_an_event_says_when_it_happened_and_when_it_came(store: Store) -> None:
    received_at = datetime(2026, 5, 5, 8, tzinfo=UTC)
    freeze(store, FIRST, [A])
    freeze(store, SECOND, [A, RawDelivery(received_at, B.body)])
    [row] = rows_of(store, "restatement_events")
    [event] = [row for row in rows_of(store, "events") if row["received_at"] == received_at]
    assert row["event_key"] == event["event_key"]
    assert (row["occurred_at"], row["received_at"], row["last_received_at"]) == (
        datetime(2026, 5, 2, 12, tzinfo=UTC), received_at, received_at,
    )  # fmt: skip


def test_a_night_freezes_the_days_before_it_and_their_month(store: Store) -> None:
    april = sale("X", "2026-04-30T12:00:00Z", 7)
    freeze(store, date(2026, 5, 2), [april, A, B])
    assert figures_known(store, date(2026, 5, 2)) == {
        (date(2026, 4, 30), "USD", "shop"): (1, 0, 7, 0, 0, 0, 0, 7),
        (date(2026, 5, 1), "USD", "shop"): (1, 0, 100, 0, 0, 0, 0, 100),
    }
    roll_up(store, date(2026, 5, 3), is_caught_up=False)
    assert figures_known(store, date(2026, 5, 2), "month") == {
        (date(2026, 4, 1), "USD", "shop"): (1, 0, 7, 0, 0, 0, 0, 7),
        (date(2026, 5, 1), "USD", "shop"): (1, 0, 100, 0, 0, 0, 0, 100),
    }
    assert figures_known(store, date(2026, 5, 3), "month")[date(2026, 5, 1), "USD", "shop"] == (
        2, 0, 140, 0, 0, 0, 0, 140,
    )  # fmt: skip


def test_a_night_stores_what_changed_since_the_night_before_alone(store: Store) -> None:
    freeze(store, FIRST, [A, B])
    for night in (SECOND, THIRD):
        roll_up(store, night, is_caught_up=False)
    assert {row["night_date"] for row in rows_of(store, "nightly_figures")} == {FIRST}
    assert {row["night_date"] for row in rows_of(store, "nightly_entries")} == {FIRST}
    assert [row["figures_changed"] for row in rows_of(store, "nightly_roll_ups")] == [3, 0, 0]
    assert figures_known(store, THIRD) == figures_now(store, THIRD)


def test_a_day_that_is_gone_is_known_as_zeros(store: Store) -> None:
    freeze(store, FIRST, [A, B])
    freeze(store, SECOND, [A])
    assert explained(store, SECOND) == [("B", SOLD, 2, "withdrawn", -40)]
    assert figures_known(store, SECOND) == figures_now(store, SECOND)
    assert figures_known(store, FIRST)[date(2026, 5, 2), "USD", "shop"] == (1, 0, 40, 0, 0, 0, 0, 40)


def test_nights_are_owed_in_order_since_the_last_frozen_one(store: Store) -> None:
    assert owed(store.connection, SECOND) == [SECOND]
    freeze(store, FIRST, [])
    assert owed(store.connection, FIRST) == []
    assert owed(store.connection, THIRD) == [SECOND, THIRD]
    assert owed(store.connection, date(2026, 5, 1)) == []


def test_any_history_in_any_order_adds_up_every_night(store: Store) -> None:
    """A simulated history is received in disorder over four nights, and each night keeps the figures of its tables."""
    bodies = random.Random(3).sample(history(300, 20, 5), 300)
    deliveries = [RawDelivery(datetime(2026, 7, 1, tzinfo=UTC), body) for body in bodies]
    nights = [date(2026, 6, day) for day in (18, 19, 25)] + [date(2026, 7, 1)]
    seen: dict[date, Figures] = {}
    restated = 0
    for number, night in enumerate(nights):
        freeze(store, night, deliveries[: 75 * (number + 1)])
        seen[night] = figures_now(store, night)
        if number:
            assert_adds_up(store, night, seen[nights[number - 1]], nights[number - 1])
            restated += len(changes(store, "restatements", night))
    assert restated > 20
    for night, figures in seen.items():
        assert figures_known(store, night) == figures
