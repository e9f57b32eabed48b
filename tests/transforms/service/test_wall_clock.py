"""Runs keep their order, and a pipeline notices, when the clock is set back."""

from __future__ import annotations

from transforms.service.wall_clock import WallClock
from transforms.store.runs import Run


def test_a_clock_that_runs_on_was_not_set_back() -> None:
    clock = WallClock()
    assert [clock.was_set_back() for _ in range(3)] == [False] * 3


def test_the_id_of_a_run_is_greater_than_that_of_the_run_before_whatever_the_clock_says() -> None:
    before = "99991231T235959.000000-ffff"
    first = Run.start("timer", "full", after=before)
    second = Run.start("timer", "full", after=first.run_id)
    assert before < first.run_id < second.run_id
    assert first.started_at.year < 9999


def test_the_id_of_a_run_says_when_it_began_while_the_clock_runs_on() -> None:
    run = Run.start("timer", "full", after="20200101T000000.000000-0000")
    assert run.run_id.startswith(f"{run.started_at:%Y%m%dT%H%M%S.%f}-")
