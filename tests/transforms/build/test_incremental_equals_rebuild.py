"""Incremental refreshes leave the same rows as a full build, however the history is split into batches.

CI runs a slice. The full run: ``CBW_EXAMPLES=1000 pytest tests/transforms/build/test_incremental_equals_rebuild.py
--timeout 0``. An example is one history of up to 40 deliveries in up to 6 batches.
"""

from __future__ import annotations

import json
import os
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ingest.load.raw_events import load, watermark
from ingest.simulation.simulator import iter_notifications, simulate
from tests.amounts import IS_LONG, amount
from tests.oracle import RawDelivery
from tests.oracle.builders import chargeback, deliver, refund, sale
from tests.sql.golden.lives import LIVES, today
from tests.sql.harness import GRAPH, source_of
from tests.sql.nasty_histories import histories
from tests.sql.one_store import differing, opened
from transforms.build.builder import Builder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from transforms.store.store import Store

EXAMPLES = amount(2, 6)
EVENTS = 800 if IS_LONG else 300
END = datetime(2026, 6, 30, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    yield from opened(tmp_path_factory.mktemp("data"))


def arriving(store: Store, deliveries: Sequence[RawDelivery], cuts: Iterable[int]) -> Iterator[int]:
    """Load the history batch by batch: build everything after the first, refresh incrementally after each other.

    Yields:
        How many of the deliveries the tables hold, after each batch.
    """
    store.connection.execute("delete from events.raw_events")
    store.connection.execute("delete from events.inbox_positions")
    source = source_of(deliveries)
    everything = source.deliveries
    builder = Builder(GRAPH, ())
    for number, end in enumerate([*sorted(set(cuts)), len(deliveries)]):
        source.deliveries = everything[:end]
        since = watermark(store.connection)
        load(store.connection, [source])
        if number == 0:
            with store.transaction() as connection:
                builder.build_all(connection)
        else:
            refresh(store, builder, since)
        yield end


def arrive(store: Store, deliveries: Sequence[RawDelivery], cuts: Iterable[int]) -> None:
    """Load all batches of the history."""
    for _ in arriving(store, deliveries, cuts):
        pass


def refresh(store: Store, builder: Builder, since: int) -> int:
    """Refresh incrementally as the pipeline does, and return the number of published rows written or removed."""
    store.use_threads(1)
    builder.initialise(store.connection)
    with store.transaction() as connection:
        built = builder.build_changed(connection, since)
    builder.clear_changes()
    store.use_threads(None)
    return built.rows_changed


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
def test_for_a_simulated_history_in_any_order_with_repeats_and_two_years_of_lateness(
    store: Store, seed: int
) -> None:
    rng = random.Random(seed)
    history = simulate(EVENTS, days=730, seed=seed, end=END)
    deliveries = [RawDelivery(END + timedelta(minutes=5), event.body) for event in history]
    deliveries += rng.sample(deliveries, EVENTS // 13)
    rng.shuffle(deliveries)
    arrive(store, deliveries, rng.sample(range(1, len(deliveries)), 4))
    assert differing(store) == []


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="CBW_EXAMPLES" not in os.environ,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)
@given(deliveries=histories(max_size=40), data=st.data())
def test_whatever_was_sent_however_it_is_split(
    store: Store, deliveries: list[RawDelivery], data: st.DataObject
) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(deliveries)), max_size=5), label="cuts")
    arrive(store, deliveries, cuts)
    assert differing(store) == []


def test_a_late_reversal_restates_the_days_of_the_reversals_before_and_after_it(store: Store) -> None:
    """In windows of 7 days: charged back on the 20th, then a refund of the 10th arrives, and then one of the 16th.

    Each ends the days of the reversal before it, because it is the next reversal of the receipt. Then a corrected body
    of the first refund moves it from the 10th to the 12th.
    """

    def first_refund(at: str, **envelope: str) -> RawDelivery:
        data = {"receipt": "A", "transactionTime": at, "refund_amount": 30, "refund_id": "R"}
        return deliver("refund.processed", data, **envelope)

    history = [
        sale("A", "2026-05-01T12:00:00Z"),
        chargeback("A", "2026-05-20T12:00:00Z"),
        sale("LAST", "2026-05-31T12:00:00Z"),
        first_refund("2026-05-10T12:00:00Z", created_at="2026-06-01T00:00:00Z"),
        refund("A", "2026-05-16T12:00:00Z", 70),
        first_refund("2026-05-12T12:00:00Z", created_at="2026-06-02T00:00:00Z"),
    ]
    expected_days = {
        3: [*range(20, 27)],
        4: [*range(10, 17), *range(20, 27)],
        5: [*range(10, 27)],
        6: [*range(12, 27)],
    }
    for count in arriving(store, history, range(3, 6)):
        assert differing(store) == []
        rows = store.connection.execute(
            "select day(report_date), reversed_count from refund_rates"
            " where window_days = 7 and reversed_count > 0 order by 1"
        ).fetchall()
        assert rows == [(day, 1) for day in expected_days[count]]


@pytest.mark.long
def test_for_notifications_whose_attempts_arrive_late_and_bytes_that_another_sender_told_first(
    store: Store,
) -> None:
    """The same bytes from Command Center have no type and are unhandled, until INS delivers them too."""
    told = [event.body for event in iter_notifications(60, days=60, seed=5, end=END)]
    again = [body.replace(b'"attemptCount":1', b'"attemptCount":3') for body in told[:20]]
    cancelled = (
        b'{"transactionType": "CANCEL-REBILL", "receipt": "A", "transactionTime": "20260601T100000-0700",'
        b' "attemptCount": %d}'
    )
    deliveries = [RawDelivery(END, body) for body in (*told[:10], cancelled % 1)]
    deliveries += [
        RawDelivery(END, body, "ins:one") for body in (*told, cancelled % 2, *again, cancelled % 1, *again)
    ]
    for _ in arriving(store, deliveries, [11, 75]):
        assert differing(store) == []
    counted = "select status, cast(count(*) as integer) from events group by status order by status"
    distinct = len({body.partition(b'"attemptCount"')[0] for body in told})
    assert store.connection.execute(counted).fetchall() == [("mapped", distinct + 1)]


@pytest.mark.parametrize("is_in_order", [True, False])
def test_for_lives_of_subscriptions_whose_states_time_alone_changes(
    store: Store, *, is_in_order: bool
) -> None:
    """A later day moves states that no new event is about; rebills and notices may come before their sale."""
    days = [today(day) for day in ("02-10", "02-27", "03-15")]
    deliveries = [*days, *(delivery for life in LIVES.values() for delivery in life)]
    deliveries.sort(key=lambda each: json.loads(each.body)["transactionTime"])
    if not is_in_order:
        random.Random(1).shuffle(deliveries)
    arrive(store, deliveries, [place for place, each in enumerate(deliveries, 1) if each in days])
    assert differing(store) == []


def test_a_refresh_with_nothing_new_writes_nothing(store: Store) -> None:
    arrive(store, [RawDelivery(END, event.body) for event in simulate(300, days=60, seed=3, end=END)], [])
    assert refresh(store, Builder(GRAPH, ()), watermark(store.connection)) == 0
