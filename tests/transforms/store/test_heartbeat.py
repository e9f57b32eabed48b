"""The heartbeat lets others see from outside how the pipeline is."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from cbw.data_dir import PIPELINE_BEAT
from transforms.store.heartbeat import STALE_SECONDS, Heartbeat
from transforms.store.runs import Run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def beat() -> Heartbeat:
    run = Run.start("timer", "full").ended("published", watermark=12)
    return Heartbeat.from_run(run, {"inbox": 12}, 3)


class TestTheHeartbeat:
    def test_is_read_as_it_was_written(self, tmp_path: Path, beat: Heartbeat) -> None:
        beat.write(tmp_path)
        found = Heartbeat.read(tmp_path)
        assert found is not None
        assert replace(found, beat_at=beat.beat_at) == beat
        assert (found.pid, found.positions, found.published_version) == (os.getpid(), {"inbox": 12}, 3)

    def test_of_this_process_is_alive(self, tmp_path: Path, beat: Heartbeat) -> None:
        beat.write(tmp_path)
        assert beat.is_alive
        assert 0 <= beat.age_seconds < STALE_SECONDS

    def test_of_a_process_that_has_ended_is_dead_at_once(self, beat: Heartbeat) -> None:
        ended = subprocess.run(
            [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
        )
        assert not replace(beat, pid=int(ended.stdout)).is_alive

    def test_that_was_missed_too_often_is_dead_whoever_has_the_number_now(
        self, tmp_path: Path, beat: Heartbeat
    ) -> None:
        beat.write(tmp_path)
        long_ago = datetime.now(tz=UTC).timestamp() - STALE_SECONDS - 1
        os.utime(tmp_path / PIPELINE_BEAT, (long_ago, long_ago))
        found = Heartbeat.read(tmp_path)
        assert found is not None
        assert not found.is_alive

    def test_far_in_the_future_is_dead_because_the_clock_was_set_back(
        self, tmp_path: Path, beat: Heartbeat
    ) -> None:
        beat.write(tmp_path)
        ahead = datetime.now(tz=UTC).timestamp() + 400 * 86_400
        os.utime(tmp_path / PIPELINE_BEAT, (ahead, ahead))
        found = Heartbeat.read(tmp_path)
        assert found is not None
        assert not found.is_alive

    def test_that_is_touched_is_fresh_and_says_what_it_said(self, tmp_path: Path, beat: Heartbeat) -> None:
        beat.write(tmp_path)
        os.utime(tmp_path / PIPELINE_BEAT, (0, 0))
        Heartbeat.touch(tmp_path)
        found = Heartbeat.read(tmp_path)
        assert found is not None
        assert found.is_alive
        assert found.positions == beat.positions

    @pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', '{"of": "another release"}'])
    def test_that_cannot_be_understood_is_none(self, tmp_path: Path, content: str) -> None:
        (tmp_path / PIPELINE_BEAT).write_text(content, encoding="utf-8")
        assert Heartbeat.read(tmp_path) is None

    def test_is_none_where_no_pipeline_ever_ran(self, tmp_path: Path) -> None:
        assert Heartbeat.read(tmp_path) is None

    def test_leaves_nothing_but_itself(self, tmp_path: Path, beat: Heartbeat) -> None:
        beat.write(tmp_path)
        beat.write(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == [PIPELINE_BEAT]
