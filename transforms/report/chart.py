"""Charts as data, and the coordinates of everything on them; the template draws the values that ``place`` returns.

The template places each chart twice, wide and narrow: nobody can read the text of a chart that a phone merely scales
down.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from transforms.report.formats import limit_percent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from transforms.report.limits import Limit

Point = tuple[int, float]


@dataclass(frozen=True, slots=True)
class Series:
    """One line.

    Attributes:
        name: The legend's text.
        tone: The colour, by its name in the style sheet.
        values: One value per day; None leaves a gap in the line.
        is_weak: Whether each day's value rests on few sales; the template draws such a stretch dashed.
        latest: The last value, formatted.
    """

    name: str
    tone: str
    values: tuple[float | None, ...]
    is_weak: tuple[bool, ...]
    latest: str


@dataclass(frozen=True, slots=True)
class Bars:
    """One bar per day, up or down from zero."""

    name: str
    tone: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """The content of a chart, independent of its size.

    Attributes:
        summary: One sentence for a screen reader; the table below the chart has the figures.
        days: The label of each day.
        axis: Formats a value of the vertical axis.
    """

    summary: str
    days: tuple[str, ...]
    axis: Callable[[float], str]
    lines: tuple[Series, ...] = ()
    bars: tuple[Bars, ...] = ()
    limits: tuple[Limit, ...] = ()

    @property
    def extent(self) -> tuple[float, float]:
        """The lowest and the highest value that the vertical axis must cover; zero is always within."""
        values = [value for line in self.lines for value in line.values if value is not None]
        values += [value for bars in self.bars for value in bars.values]
        values += [limit.value for limit in self.limits]
        return min([0.0, *values]), max([0.0, *values])


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a chart, and the margins that its axes need."""

    name: str
    width: int
    height: int
    x_ticks: int
    left: int = 46
    right: int = 12
    top: int = 14
    bottom: int = 24


WIDE = Size("wide", 1080, 280, 9)
HALF = Size("half", 520, 250, 5)
NARROW = Size("narrow", 350, 220, 4)
# Right margin of a chart with limits, for their labels, in pixels.
_LIMIT_SPACE = 76
# Least distance between two labels of limits, in pixels.
_LINE_HEIGHT = 13


@dataclass(frozen=True, slots=True)
class Placed:
    """A chart in one size: rounded coordinates, and the label at each."""

    chart: Chart
    size: Size
    y_ticks: tuple[tuple[float, str], ...]
    x_ticks: tuple[tuple[float, str], ...]
    bars: tuple[tuple[str, tuple[tuple[float, float, float], ...]], ...]
    bar_width: float
    paths: tuple[tuple[str, bool, str], ...]
    dots: tuple[tuple[str, float, float], ...]
    limits: tuple[tuple[float, float, str, str], ...]
    zero: float
    right: float
    step: float
    columns: tuple[float, ...]


def place(chart: Chart, size: Size) -> Placed:
    """Compute the coordinates of everything on a chart at a size.

    Each of ``limits`` is the y of its line, the y of its label (moved up until it clears the label below), its level
    and its value as percent, with
    every digit.
    """
    scale = _Scale.of(chart, size)
    width = round(max(scale.step * 0.72, 1.0), 2)
    return Placed(
        chart=chart,
        size=size,
        y_ticks=tuple((scale.y(value), chart.axis(value)) for value in scale.ticks),
        x_ticks=tuple((scale.x(index), chart.days[index]) for index in _spread(len(chart.days), size.x_ticks)),
        bars=tuple((bars.tone, tuple(_bars(bars, scale, width))) for bars in chart.bars),
        bar_width=width,
        paths=tuple(
            (line.tone, weak, path) for line in chart.lines for weak, path in _paths(line, scale)
        ),
        dots=tuple(
            (line.tone, scale.x(index), scale.y(value)) for line in chart.lines for index, value in _isolated(line)
        ),
        limits=tuple(_limits(chart, scale)),
        zero=scale.y(0),
        right=size.width - scale.right,
        step=round(scale.step, 2),
        columns=tuple(round(scale.x(index) - scale.step / 2, 1) for index in range(len(chart.days))),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Scale:
    size: Size
    right: int
    step: float
    ticks: tuple[float, ...]

    @classmethod
    def of(cls, chart: Chart, size: Size) -> _Scale:
        right = _LIMIT_SPACE if chart.limits else size.right
        inner = size.width - size.left - right
        return cls(size, right, inner / max(len(chart.days), 1), tuple(ticks(*chart.extent)))

    def x(self, index: int) -> float:
        return round(self.size.left + (index + 0.5) * self.step, 1)

    def y(self, value: float) -> float:
        low, high = self.ticks[0], self.ticks[-1]
        height = self.size.height - self.size.top - self.size.bottom
        return round(self.size.top + height * (high - value) / (high - low), 1)


def ticks(low: float, high: float, at_most: int = 6) -> list[float]:
    """Return round values, evenly spaced, from at or below ``low`` to at or above ``high``."""
    span = (high - low) or 1.0
    power = 10.0 ** math.floor(math.log10(span / at_most))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10, 20) if span / (power * factor) <= at_most - 1)
    first, last = math.floor(low / step), math.ceil(high / step)
    digits = 10 - math.floor(math.log10(step))
    return [round(index * step, digits) for index in range(first, max(last, first + 1) + 1)]


def _spread(count: int, at_most: int) -> Sequence[int]:
    stride = max(math.ceil(count / at_most), 1)
    return range(stride // 2, count, stride)


def _bars(bars: Bars, scale: _Scale, width: float) -> Iterator[tuple[float, float, float]]:
    zero = scale.y(0)
    for index, value in enumerate(bars.values):
        if value:
            y = scale.y(value)
            yield round(scale.x(index) - width / 2, 1), min(y, zero), round(abs(y - zero), 1)


def _limits(chart: Chart, scale: _Scale) -> Iterator[tuple[float, float, str, str]]:
    above = math.inf
    for limit in chart.limits:
        y = scale.y(limit.value)
        above = min(y, above - _LINE_HEIGHT)
        yield y, round(above, 1), limit.level, limit_percent(limit.value)


def _paths(line: Series, scale: _Scale) -> Iterator[tuple[bool, str]]:
    """Yield the SVG path of each stroke; a stroke ends at a gap, and where the line turns weak or firm again."""
    for is_weak, points in _strokes(line):
        if len(points) > 1:
            yield is_weak, "M" + "L".join(f"{scale.x(index)} {scale.y(value)}" for index, value in points)


def _isolated(line: Series) -> Iterable[Point]:
    """Return the values with a gap on both sides, which no path would show."""
    return [points[0] for _, points in _strokes(line) if len(points) == 1]


def _strokes(line: Series) -> list[tuple[bool, list[Point]]]:
    strokes: list[tuple[bool, list[Point]]] = []
    previous: Point | None = None
    for index, value in enumerate(line.values):
        if value is None:
            previous = None
            continue
        is_weak = line.is_weak[index]
        if previous is None:
            strokes.append((is_weak, []))
        elif strokes[-1][0] != is_weak:
            strokes.append((is_weak, [previous]))
        strokes[-1][1].append((index, value))
        previous = (index, value)
    return strokes
