"""A running pipeline under clock jumps and an operator's mistakes loses, doubles, reorders and delays nothing."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import PATIENCE, wait_until
from tests.histories import sale, settings_for
from tests.processes import cbw, running
from transforms.pipeline.pipeline import Pipeline
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.shim import Shim

HOUR = 3600


def published_sales(data_dir: Path) -> int:
    path = data_dir / "warehouse.duckdb"
    if not path.exists():
        return 0
    with Warehouse(path) as warehouse:
        return int(warehouse.rows("select count(*) from fct_sales")[0][0])


def test_a_clock_that_is_set_back_delays_reorders_and_breaks_nothing(shim: Shim, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    sales = [sale(f"CLOCK{number:03}") for number in range(9)]
    with (
        running("receive", data_dir, name="receive", variables=shim.variables) as receiver,
        running("pipeline", data_dir, name="pipeline", variables=shim.variables, refresh_seconds=0.2),
    ):
        for number, offset in enumerate((0, -48 * HOUR, -HOUR)):
            shim.set(clock_offset=offset)
            for body in sales[number * 3 : number * 3 + 3]:
                assert receiver.post(body).status == 200
            wait_until(lambda done=number * 3 + 3: published_sales(data_dir) == done)  # type: ignore[misc]
    status = cbw("status", "--json", cwd=tmp_path, data_dir=data_dir).json
    assert status["runs"][0]["published_version"] == status["published_version"]
    with Pipeline(settings_for(data_dir)) as pipeline:
        stored = pipeline.store.connection.execute(
            "select body from events.raw_events order by sequence"
        ).fetchall()
        found, checks = pipeline.verify()
    assert [body for (body,) in stored] == sales
    assert found.is_equal
    assert not [check for check in checks if check.blocks]


def test_a_stopped_pipeline_keeps_no_event_out_and_catches_up(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with running("serve", data_dir, refresh_seconds=0.2) as service:
        assert service.post(sale("FIRST001")).status == 200
        wait_until(lambda: published_sales(data_dir) == 1)
        pipeline = service.half("pipeline")
        assert pipeline is not None
        os.kill(pipeline, signal.SIGSTOP)
        for number in range(20):
            assert service.post(sale(f"STOP{number:04}")).status == 200
        assert published_sales(data_dir) == 1
        os.kill(pipeline, signal.SIGCONT)
        wait_until(lambda: published_sales(data_dir) == 21)


@pytest.mark.long
def test_a_second_instance_is_refused_in_one_line(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with running("serve", data_dir) as service:
        wait_until((data_dir / "warehouse.duckdb").exists)
        for command, line in (
            ("serve", f"cbw: another receiver already works on {data_dir}"),
            ("receive", f"another receiver already works on {data_dir}"),
            ("pipeline", f"cbw: another pipeline process already works on {data_dir}"),
        ):
            refused = cbw(command, cwd=tmp_path, data_dir=data_dir, timeout=PATIENCE)
            [written] = refused.err.splitlines()
            assert refused.code == 2
            assert line in written
        assert service.post(b"still here").status == 200
