"""After any kill, each acknowledged event is in the warehouse once, as after a clean build.

``CBW_KILL_ROUNDS`` sets how often; a few in every run, hundreds in the full form.
"""

from __future__ import annotations

import random
import shutil
import threading
import time
from collections import Counter
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Self

import pytest

from ingest.receiver.endpoints import COMMAND_CENTER
from ingest.secrets.signature import SIGNATURE_HEADER, sign
from tests.amounts import amount
from tests.e2e.conftest import PATIENCE, SECRET, free_port, is_running, wait_until
from tests.histories import history, sale, settings_for
from tests.processes import Service, cbw, running
from transforms.definitions.graph import ModelGraph
from transforms.pipeline.pipeline import Pipeline
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = amount(1, 2, "CBW_KILL_ROUNDS")
TABLES = [model.name for model in ModelGraph.of_product().published]
PAUSE = 0.005
# Each death of a half doubles the pause before its next start; a fresh supervisor begins with a short one.
ROUNDS_OF_A_SERVICE = 4


class Sending:
    """Sends events of a history over and over, each retried until it is acknowledged, as the sender would."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._stopping = threading.Event()
        self.attempted: Counter[bytes] = Counter()
        self.acknowledged: Counter[bytes] = Counter()
        self._thread = threading.Thread(target=self._send)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(PATIENCE)

    def _send(self) -> None:
        number = 0
        bodies = history(200, 30)
        while not self._stopping.is_set():
            number += 1
            body = bodies[number % len(bodies)] if number % 3 else sale(f"KILL{number:04}")
            while not self._stopping.is_set() and not self._is_acknowledged(body):
                time.sleep(0.02)
            time.sleep(PAUSE)

    def _is_acknowledged(self, body: bytes) -> bool:
        self.attempted[body] += 1
        try:
            status = self._post(body)
        except (OSError, HTTPException):
            return False
        assert status in {200, 503}
        self.acknowledged[body] += status == 200
        return status == 200

    def _post(self, body: bytes) -> int:
        with closing(HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)) as connection:
            connection.request("POST", COMMAND_CENTER.path, body, {SIGNATURE_HEADER: sign(SECRET, body)})
            return connection.getresponse().status


def a_moment() -> None:
    time.sleep(random.uniform(0, 1.5))


@pytest.mark.timeout(600 + 20 * ROUNDS)
def test_a_pipeline_that_is_killed_at_any_moment_loses_and_doubles_nothing(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with running("receive", data_dir, name="receive") as receiver, Sending(receiver.port) as sending:
        for _ in range(ROUNDS):
            with running("pipeline", data_dir, name="pipeline", refresh_seconds=0.1) as pipeline:
                loaded = len(sending.acknowledged)
                wait_until(lambda loaded=loaded: len(sending.acknowledged) > loaded + 20)  # type: ignore[misc]
                a_moment()
                pipeline.process.kill()
                pipeline.process.wait(PATIENCE)
    check(data_dir, sending)


@pytest.mark.timeout(600 + 40 * ROUNDS)
def test_whichever_half_is_killed_is_replaced_and_the_supervisor_takes_both_with_it_and_nothing_is_lost(
    tmp_path: Path,
) -> None:
    data_dir, port = tmp_path / "data", free_port()
    with Sending(port) as sending:
        for first in range(0, ROUNDS, ROUNDS_OF_A_SERVICE):
            with running("serve", data_dir, port=port, refresh_seconds=0.1) as service:
                for _ in range(first, min(first + ROUNDS_OF_A_SERVICE, ROUNDS)):
                    kill_both_halves(service, sending)
                assert service.process.poll() is None
                kill_the_supervisor(service)
    check(data_dir, sending)


def kill_both_halves(service: Service, sending: Sending) -> None:
    for half in ("pipeline", "receive"):
        wait_until(lambda: service.half("receive") is not None and service.half("pipeline") is not None)
        a_moment()
        service.kill_half(half)
        acknowledged = sum(sending.acknowledged.values())
        wait_until(lambda before=acknowledged: sum(sending.acknowledged.values()) > before + 10)  # type: ignore[misc]


def kill_the_supervisor(service: Service) -> None:
    halves = service.worker_pids()
    assert len(halves) >= 2
    service.process.kill()
    service.process.wait(PATIENCE)
    wait_until(lambda: not any(is_running(pid) for pid in halves))


def check(data_dir: Path, sending: Sending) -> None:
    """Load everything into the warehouse, then compare it with the sent events and with a clean build."""
    done = cbw("refresh", cwd=data_dir.parent)
    assert done.code == 0, done.err
    acknowledged, attempted = sending.acknowledged, sending.attempted
    assert sum(acknowledged.values()) > 20 * ROUNDS
    with Pipeline(settings_for(data_dir)) as pipeline:
        raw = pipeline.store.connection.execute(
            "select body, count(*) from events.raw_events group by 1"
        ).fetchall()
        held = Counter({bytes(body): count for body, count in raw})
        numbers = pipeline.store.one(
            "select count(*), count(distinct (inbox_id, inbox_sequence)) from events.raw_events"
        )
    assert held.keys() <= attempted.keys()
    for body in attempted:
        assert acknowledged[body] <= held[body] <= attempted[body]
    assert numbers[0] == numbers[1] == held.total()
    assert tables(data_dir) == tables(cleanly_built(data_dir))


def cleanly_built(data_dir: Path) -> Path:
    """Build once, from the same raw events, in another directory."""
    clean = data_dir.with_name("clean")
    clean.mkdir()
    shutil.copy(data_dir / "events.duckdb", clean)
    with Pipeline(settings_for(clean)) as pipeline:
        assert pipeline.run("command").status == "published"
    return clean


def tables(data_dir: Path) -> dict[str, Counter[str]]:
    with Warehouse(data_dir / "warehouse.duckdb") as reader:
        return {table: Counter(map(repr, reader.rows(f"select * from {table}"))) for table in TABLES}
