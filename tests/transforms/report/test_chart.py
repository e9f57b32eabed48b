"""Charts show the figures: round axes around all values, gaps for days without a value, labels that never overlap."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.report.chart import NARROW, WIDE, Bars, Chart, Series, place, ticks
from transforms.report.limits import Limit

figures = st.floats(0, 1e12, allow_subnormal=False)


def chart(*values: float | None, weak: tuple[bool, ...] = (), limits: tuple[float, ...] = ()) -> Chart:
    line = Series("line", "s1", values, weak or (False,) * len(values), "")
    drawn = tuple(Limit("refund_rate", 60, "limit", value, "") for value in limits)
    return Chart("summary", tuple(map(str, range(len(values)))), str, lines=(line,), limits=drawn)


@given(low=figures, high=figures)
def test_an_axis_holds_every_value_in_a_few_even_steps(low: float, high: float) -> None:
    values = ticks(-low, high)
    assert values[0] <= -low <= high <= values[-1] or values[-1] == pytest.approx(high)
    assert 2 <= len(values) <= 8
    step = values[1] - values[0]
    assert all(later - earlier == pytest.approx(step) for earlier, later in pairwise(values))


def test_a_line_breaks_where_there_is_no_value() -> None:
    [first, second] = place(chart(1, 2, None, 3, 4), WIDE).paths
    assert (first[2].count("L"), second[2].count("L")) == (1, 1)


def test_a_value_alone_is_a_dot() -> None:
    placed = place(chart(1, 2, None, 3, None), WIDE)
    assert len(placed.paths) == len(placed.dots) == 1


def test_a_weak_part_of_a_line_hangs_together_with_the_firm_part() -> None:
    firm, weak = place(chart(1, 2, 3, 4, weak=(False, False, True, True)), WIDE).paths
    assert (firm[1], weak[1]) == (False, True)
    assert firm[2].rpartition("L")[2] == weak[2].partition("L")[0].removeprefix("M")


def test_bars_stand_on_zero_or_hang_from_it() -> None:
    bars = Bars("money", "gross", (10.0, 0.0, -5.0))
    placed = place(Chart("summary", ("1", "2", "3"), str, bars=(bars,)), WIDE)
    [(_, [up, down])] = placed.bars
    assert up[1] + up[2] == pytest.approx(placed.zero, abs=0.2)
    assert down[1] == pytest.approx(placed.zero)


def test_limits_keep_their_height_and_their_names_keep_apart() -> None:
    placed = place(chart(0.5, limits=(0.010, 0.011, 0.012)), NARROW)
    lines, names = [each[0] for each in placed.limits], [each[1] for each in placed.limits]
    assert lines == sorted(lines, reverse=True)
    assert all(lower - upper >= 13 for lower, upper in pairwise(names))


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_every_day_can_be_pointed_at_and_few_are_named(size: object) -> None:
    placed = place(chart(*range(90)), size)  # type: ignore[arg-type]
    assert len(placed.columns) == 90
    assert 2 < len(placed.x_ticks) <= placed.size.x_ticks
    assert placed.columns[0] == pytest.approx(placed.size.left, abs=0.1)
    assert placed.columns[-1] + placed.step == pytest.approx(placed.right, abs=0.1)


def test_a_chart_of_nothing_still_has_an_axis() -> None:
    assert len(place(chart(), WIDE).y_ticks) == 2
