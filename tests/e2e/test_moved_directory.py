"""A data directory, or a file in it, that is moved away under a service is noticed, and no empty one is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import PATIENCE, wait_until
from tests.histories import receive, sale, settings_for
from tests.processes import cbw, running
from transforms.publish.versions import current_version
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from pathlib import Path

WORDS = "is no longer the data directory that this process began with"


def receipts(data_dir: Path) -> list[str]:
    with Warehouse(settings_for(data_dir).warehouse_path) as warehouse:
        return [row[0] for row in warehouse.rows("select receipt from fct_sales order by receipt")]


def test_a_service_whose_directory_is_moved_away_stops_and_makes_no_empty_one(tmp_path: Path) -> None:
    data_dir, moved = tmp_path / "data", tmp_path / "moved"
    receive(data_dir, [sale("FIRST001")])
    with running("serve", data_dir) as service:
        wait_until(lambda: current_version(data_dir) is not None)
        data_dir.rename(moved)
        assert service.process.wait(PATIENCE) == 3
        lines = [line for line in service.log().splitlines() if WORDS in line]
    assert lines
    assert all(line.startswith("cbw: ") for line in lines)
    assert not data_dir.exists()
    assert receipts(moved) == ["FIRST001"]
    (tmp_path / "history.jsonl").write_bytes(sale("SECOND02") + b"\n")
    done = cbw("import", tmp_path / "history.jsonl", data_dir=moved, cwd=tmp_path)
    assert done.code == 0, done.err
    assert receipts(moved) == ["FIRST001", "SECOND02"]


@pytest.mark.long
def test_a_pipeline_whose_file_is_moved_away_ends_and_the_next_start_restores_it(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    receive(data_dir, [sale("FIRST001")])
    with running("pipeline", data_dir) as service:
        wait_until(lambda: current_version(data_dir) is not None)
        (data_dir / "events.duckdb").rename(tmp_path / "elsewhere.duckdb")
        assert service.process.wait(PATIENCE) == 1
        [line] = [line for line in service.log().splitlines() if line.startswith("cbw: ")]
    assert "events.duckdb was moved away or replaced" in line
    receive(data_dir, [sale("SECOND02")])
    done = cbw("refresh", data_dir=data_dir, cwd=tmp_path)
    assert done.code == 0, done.err
    assert receipts(data_dir) == ["FIRST001", "SECOND02"]
