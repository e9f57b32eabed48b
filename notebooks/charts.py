"""The charts of the notebooks: one style, and a friendly sentence instead of a chart without data."""

from __future__ import annotations

from itertools import count
from math import floor, trunc
from typing import TYPE_CHECKING

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
from cycler import cycler
from IPython.display import display
from matplotlib.dates import ConciseDateFormatter
from matplotlib.ticker import FuncFormatter, PercentFormatter
from pandas.api.types import is_datetime64_any_dtype, is_float_dtype, is_numeric_dtype

from transforms.report.formats import limit_percent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from matplotlib.axes import Axes

    from transforms.report.limits import Limit

NOTHING = (
    "Nothing to show yet: the warehouse holds no such rows. `cbw demo` fills one with an invented history, "
    "`cbw serve` receives your own; then run this notebook again."
)
# Most values of a line to show as dots as well.
FEW_POINTS = 20
# The id of a table in its page: counted from 1 instead of random, so that every run gives the same notebook.
_number = count(1)
DASH = "\N{EN DASH}"
INK, MUTED, GRID = "#161a21", "#566070", "#e2e6eb"
COLOURS = ("#2b5bd0", "#0a7670", "#8a3ab3", "#b26a00", "#b3261e", "#5a6b7f", "#4aa3df", "#6b8e23", "#c2569b")
# The same word has the same colour in every chart.
TONES = {
    "gross_sales": "#86a3e6", "refunds": "#e08a80", "chargebacks": "#8f1d16", "match": "#2e8b57",
    "mismatch": "#b3261e", "not_computable": "#a9b4c2",
}  # fmt: skip
LEVEL_COLOURS = {"watch": "#b28600", "warning": "#c2570c", "limit": "#b3261e"}

mpl.rcParams |= {
    "figure.figsize": (9.5, 3.4), "figure.dpi": 110, "figure.constrained_layout.use": True,
    "font.size": 10, "text.color": INK, "axes.labelcolor": MUTED, "xtick.color": MUTED, "ytick.color": MUTED,
    "axes.titlesize": 11.5, "axes.titleweight": "bold", "axes.titlelocation": "left", "axes.titlecolor": INK,
    "axes.spines.top": False, "axes.spines.right": False, "axes.spines.left": False, "axes.edgecolor": MUTED,
    "axes.grid": True, "axes.grid.axis": "y", "grid.color": GRID, "axes.axisbelow": True, "ytick.major.size": 0,
    "axes.prop_cycle": cycler(color=COLOURS), "legend.frameon": False, "lines.linewidth": 1.8,
}  # fmt: skip


def table(frame: pd.DataFrame) -> None:
    """Show a table."""
    if is_shown(frame):
        style = frame.style.set_uuid(f"table-{next(_number)}").hide(axis="index")
        display(style.format(_figures(frame), thousands=",", na_rep=DASH, escape="html"))


def _figures(frame: pd.DataFrame) -> dict[str, Callable[[float], str]]:
    """Return the format of each column of fractions and amounts: rounded down, no rate is shown at a limit it has not reached."""
    return {column: _four_digits for column in frame.columns if is_float_dtype(frame[column])}


def _four_digits(value: float) -> str:
    return f"{trunc(round(value * 10_000, 6)) / 10_000:,.4f}"


def is_shown(frame: pd.DataFrame) -> bool:
    """Return whether there is anything to show, and show `NOTHING` when there is not."""
    if frame.empty:
        print(NOTHING)
    return not frame.empty


def bars(frame: pd.DataFrame, x: str, columns: Sequence[str], title: str, *, line: str | None = None) -> None:
    """Draw columns of a frame as bars, above or below zero, and one of them as a line."""
    if not is_shown(frame):
        return
    _, axes = plt.subplots()
    is_number = is_numeric_dtype(frame[x])
    places = frame[x] if is_number else range(len(frame))
    below = above = pd.Series(0.0, index=frame.index)
    for column in columns:
        values = frame[column].astype(float).fillna(0)
        axes.bar(
            places,
            values,
            bottom=above.where(values >= 0, below),
            label=_words(column),
            color=TONES.get(column),
        )
        above, below = above + values.clip(lower=0), below + values.clip(upper=0)
    if line is not None:
        axes.plot(places, frame[line], color=INK, linewidth=1.4, label=_words(line))
    if not is_number:
        _name_some(axes, [_label(value) for value in frame[x]])
    axes.set_title(title)
    axes.yaxis.set_major_formatter(_thousands())
    _finish(axes)


def ranking(frame: pd.DataFrame, name: str, value: str, title: str, *, is_percent: bool = False) -> None:
    """Draw one horizontal bar per row, the first row on top."""
    if not is_shown(frame):
        return
    _, axes = plt.subplots(figsize=(9.5, 0.9 + 0.28 * len(frame)))
    axes.barh(
        [str(each) for each in frame[name]],
        frame[value].astype(float).fillna(0),
        color=COLOURS[0],
        height=0.7,
    )
    axes.invert_yaxis()
    axes.set_title(title)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0) if is_percent else _thousands())
    plt.show()


def lines(frame: pd.DataFrame, x: str, y: str, by: str, title: str, *, limits: Iterable[Limit] = ()) -> None:
    """Draw one line for each value of a column, and the limits of these values."""
    if not is_shown(frame):
        return
    _, axes = plt.subplots()
    for name, rows in frame.groupby(by, sort=False, dropna=False):
        axes.plot(
            rows[x],
            rows[y].astype(float),
            label=str(name),
            marker="o" if len(rows) < FEW_POINTS else None,
            markersize=4,
        )
    for limit in limits:
        axes.axhline(limit.value, color=LEVEL_COLOURS[limit.level], linestyle="--", linewidth=1)
        axes.annotate(
            f" {limit.level} {limit_percent(limit.value)}", (1, limit.value), xycoords=("axes fraction", "data"), va="center",
            color=LEVEL_COLOURS[limit.level], fontsize=9,
        )  # fmt: skip
    axes.set_title(title)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=1))
    if is_datetime64_any_dtype(frame[x]):
        axes.xaxis.set_major_formatter(ConciseDateFormatter(axes.xaxis.get_major_locator()))
    _finish(axes)


def heat(frame: pd.DataFrame, rows: str, columns: str, value: str, title: str) -> None:
    """Show a pivot of fractions as percent, darker where higher; an unknown fraction stays blank."""
    if not is_shown(frame):
        return
    pivot = frame.pivot_table(index=rows, columns=columns, values=value, sort=False, dropna=False)
    style = (
        pivot.style.set_uuid(f"heat-{next(_number)}")
        .format(_percent, na_rep="")
        .background_gradient("OrRd", axis=None, vmin=0)
    )
    display(style.highlight_null(color="transparent").set_caption(title))


def _percent(fraction: float) -> str:
    """Write a rate as percent, rounded down: none is shown at a limit that it has not reached."""
    return f"{floor(round(1000 * fraction, 7)) / 10:.1f}%"


def _words(column: str) -> str:
    return column.replace("_", " ")


def _label(value: object) -> str:
    return f"{value:%d %b}" if hasattr(value, "strftime") else str(value)


def _name_some(axes: Axes, labels: Sequence[str], at_most: int = 13) -> None:
    stride = -(-len(labels) // at_most)
    axes.set_xticks(range(0, len(labels), stride), labels[::stride])


def _finish(axes: Axes) -> None:
    if len(axes.get_legend_handles_labels()[1]) > 1:
        axes.legend(loc="upper left", bbox_to_anchor=(0, -0.12), ncols=6)
    plt.show()


def _thousands() -> FuncFormatter:
    return FuncFormatter(lambda value, _: f"{value:,.10g}")
