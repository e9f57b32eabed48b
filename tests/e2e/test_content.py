"""Content never decides the answer: every signed body gets 200, is stored as it is, and ends where it belongs."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from ingest.receiver.endpoints import COMMAND_CENTER
from ingest.secrets.signature import SIGNATURE_HEADER, sign
from ingest.send.samples import event_types, sample
from tests.e2e.conftest import SECRET, Launcher, Receiver
from tests.e2e.contents import CONTENTS, Content, sale, text
from tests.processes import cbw
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator

GOOD = [sample(event_type, receipt=f"GOOD{number:04}") for event_type in event_types() for number in range(5)]
REPEATED = text(sale("REPEAT01"))
CONFLICT = [text(sale("CONFL001", totalOrderAmount=amount)) for amount in (10, 11)]


@dataclass
class Outcome:
    """The outcome of every body."""

    answers: Counter[int]
    stored: Counter[bytes]
    events: dict[str, dict[str, Any]]
    """By the SHA-256 of the body."""
    faults: dict[str, set[tuple[str, str | None]]]
    """By event key."""
    warehouse: Warehouse

    def event(self, body: bytes) -> dict[str, Any]:
        return self.events[hashlib.sha256(body).hexdigest()]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    directory = tmp_path_factory.mktemp("contents")
    launcher = Launcher(directory)
    receiver = launcher.start()
    answers = _send_all(receiver)
    assert receiver.stop() == 0
    done = cbw("refresh", cwd=directory, data_dir=receiver.data_dir)
    assert done.code == 0, done.err
    with Warehouse(receiver.data_dir / "warehouse.duckdb") as warehouse:
        yield _outcome(answers, receiver, warehouse)


def _send_all(receiver: Receiver) -> Counter[int]:
    """Send everything in one shuffled order, several at once."""
    contents = [*CONTENTS.values(), *(Content(body, "") for body in [*GOOD, *CONFLICT, *[REPEATED] * 64])]
    random.Random(7).shuffle(contents)

    def send(content: Content) -> int:
        headers = {SIGNATURE_HEADER: sign(SECRET, content.body), **dict(content.headers)}
        return receiver.request("POST", COMMAND_CENTER.path, content.body, headers).status

    with ThreadPoolExecutor(8) as pool:
        return Counter(pool.map(send, contents))


def _outcome(answers: Counter[int], receiver: Receiver, warehouse: Warehouse) -> Outcome:
    columns = "body_sha256, event_key, status, reason, event_type, delivery_count, body_count, is_id_conflict"
    names = columns.split(", ")
    rows = [dict(zip(names, row, strict=True)) for row in warehouse.rows(f"select {columns} from events")]
    faults: dict[str, set[tuple[str, str | None]]] = {}
    for key, reason, path in warehouse.rows("select event_key, reason, json_path from quarantine"):
        faults.setdefault(key, set()).add((reason, path))
    events = {row["body_sha256"]: row for row in rows}
    return Outcome(answers, Counter(receiver.bodies()), events, faults, warehouse)


def test_every_body_is_answered_200(outcome: Outcome) -> None:
    assert set(outcome.answers) == {200}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())
def test_a_body_is_stored_exactly_and_ends_where_it_belongs(outcome: Outcome, content: Content) -> None:
    assert outcome.stored[content.body] == 1
    event = outcome.event(content.body)
    assert event["status"] == content.status
    assert outcome.faults.get(event["event_key"], set()) == (
        {(content.outcome, content.path)} if content.status == "quarantined" else set()
    )


def test_good_events_among_them_are_mapped(outcome: Outcome) -> None:
    for body in GOOD:
        event = outcome.event(body)
        assert event["status"] == ("test" if event["event_type"] == "test" else "mapped")


def test_64_repeats_at_once_are_one_event_with_a_count(outcome: Outcome) -> None:
    assert outcome.stored[REPEATED] == 64
    assert outcome.event(REPEATED)["delivery_count"] == 64
    assert outcome.warehouse.rows("select count(*) from fct_sales where receipt = 'REPEAT01'") == [(1,)]


def test_another_body_with_the_same_id_is_stored_and_flagged(outcome: Outcome) -> None:
    assert [outcome.stored[body] for body in CONFLICT] == [1, 1]
    [event] = [event for event in outcome.events.values() if event["is_id_conflict"]]
    assert (event["delivery_count"], event["body_count"]) == (2, 2)
    assert outcome.warehouse.rows("select count(*) from fct_sales where receipt = 'CONFL001'") == [(1,)]


def test_an_array_fans_out_and_metacharacters_stay_unchanged(outcome: Outcome) -> None:
    fanned = "select receipt from fct_sales where starts_with(receipt, 'FAN0') order by 1"
    assert [row[0] for row in outcome.warehouse.rows(fanned)] == ["FAN00001", "FAN00002", "FAN00003"]
    [row] = outcome.warehouse.rows("select vendor, affiliate from fct_sales where receipt = 'META0001'")
    assert [name.lower() for name in row] == ['=1+1,"<b>\x1b[31m\r\nx', "'; drop table events; --"]


def test_nothing_else_is_in_the_inbox_or_the_tables(outcome: Outcome) -> None:
    sent = Counter([content.body for content in CONTENTS.values()] + GOOD + CONFLICT + [REPEATED] * 64)
    assert outcome.stored == sent
    assert outcome.warehouse.rows("select sum(delivery_count) from events") == [(sent.total(),)]
