"""Loading copies every delivery into raw_events exactly once, in order, with any bytes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cbw.settings import load_settings
from ingest.load.raw_events import Loaded, load, watermark
from tests.oracle import RawDelivery
from tests.sql.harness import GRAPH, MemorySource, source_of
from transforms.build.rebuild import rebuild
from transforms.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ingest.inbox.reader import Delivery

START = datetime(2026, 7, 1, tzinfo=UTC)
BODIES = (b"{}", b'{"a":1}', b"", b"\xff\xfe", b"\xff", b'{"a":0.12345678901234567890}', b"{}", b'{"a":NaN}')


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(load_settings(data_dir=tmp_path))
    yield opened
    opened.close()


class SmallBatches(MemorySource):
    """A source that gives two deliveries at a time, as an inbox of big bodies does."""

    def read_after(self, sequence: int, limit_rows: int, limit_bytes: int) -> list[Delivery]:
        return super().read_after(sequence, min(limit_rows, 2), limit_bytes)


def deliveries_of(bodies: Sequence[bytes]) -> list[RawDelivery]:
    return [RawDelivery(START + timedelta(seconds=number), body) for number, body in enumerate(bodies)]


def small_batches(inbox_id: str, bodies: Sequence[bytes]) -> SmallBatches:
    return SmallBatches(inbox_id, source_of(deliveries_of(bodies)).deliveries)


def rows(store: Store, columns: str) -> list[tuple[Any, ...]]:
    return store.connection.execute(f"select {columns} from events.raw_events order by sequence").fetchall()


def test_every_delivery_is_a_row_with_its_exact_bytes_and_its_verdict(store: Store) -> None:
    assert load(store.connection, [source_of(deliveries_of(BODIES))]) == Loaded(len(BODIES), len(BODIES))
    assert [row[0] for row in rows(store, "body")] == list(BODIES)
    verdicts = [None, None, "empty", "bom", "not_utf8", None, None, "non_finite"]
    assert [row[0] for row in rows(store, "verdict")] == verdicts
    assert [row[0] for row in rows(store, "document")] == [
        *[None] * 5,
        '{"a": "0.12345678901234567890"}',
        *[None] * 2,
    ]
    assert [row[0] for row in rows(store, "received_at")] == [
        START + timedelta(seconds=number) for number in range(len(BODIES))
    ]
    assert rows(store, "sha256(body) = body_sha256") == [(True,)] * len(BODIES)


def test_a_body_that_no_parser_can_read_never_fails_a_model(store: Store) -> None:
    store.define_aliases(GRAPH)
    load(store.connection, [source_of(deliveries_of(BODIES))])
    with store.transaction() as connection:
        rebuild(connection, GRAPH)
    assert store.one("select count(*), sum(delivery_count) from events") == (len(set(BODIES)), len(BODIES))


def test_loading_again_adds_nothing(store: Store) -> None:
    source = source_of(deliveries_of(BODIES))
    load(store.connection, [source])
    assert load(store.connection, [source]) == Loaded(0, len(BODIES))
    assert watermark(store.connection) == len(BODIES)


def test_only_new_deliveries_are_loaded_and_the_sequence_goes_on(store: Store) -> None:
    load(store.connection, [source_of(deliveries_of(BODIES[:3]))])
    assert load(store.connection, [source_of(deliveries_of(BODIES))]) == Loaded(len(BODIES) - 3, len(BODIES))
    assert rows(store, "sequence") == [(number + 1,) for number in range(len(BODIES))]


def test_inboxes_have_positions_of_their_own(store: Store) -> None:
    first, second = small_batches("one", BODIES), small_batches("two", BODIES[:3])
    assert load(store.connection, [first, second]).deliveries == len(BODIES) + 3
    assert load(store.connection, [second, first]).deliveries == 0
    positions = store.connection.execute("select * from events.inbox_positions order by inbox_id").fetchall()
    assert positions == [("one", len(BODIES)), ("two", 3)]
    assert rows(store, "inbox_id, inbox_sequence") == [
        *[("one", number + 1) for number in range(len(BODIES))],
        *[("two", number + 1) for number in range(3)],
    ]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5])
def test_no_delivery_is_lost_or_repeated_at_the_edge_of_a_batch(store: Store, count: int) -> None:
    assert load(store.connection, [small_batches("one", BODIES[:count])]) == Loaded(count, count)
    assert [row[0] for row in rows(store, "body")] == list(BODIES[:count])


def test_a_load_that_fails_midway_leaves_whole_batches_and_is_taken_up_again(store: Store) -> None:
    class Failing(SmallBatches):
        def read_after(self, sequence: int, limit_rows: int, limit_bytes: int) -> list[Delivery]:
            if sequence >= 4:
                raise OSError("the disk is gone")
            return super().read_after(sequence, limit_rows, limit_bytes)

    whole = small_batches("one", BODIES)
    with pytest.raises(OSError, match="the disk is gone"):
        load(store.connection, [Failing("one", whole.deliveries)])
    assert watermark(store.connection) == 4
    assert load(store.connection, [whole]) == Loaded(len(BODIES) - 4, len(BODIES))
    assert [row[0] for row in rows(store, "body")] == list(BODIES)
