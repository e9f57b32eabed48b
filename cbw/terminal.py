"""Output for people: progress bars on standard error, tables and JSON on standard output.

Rich is imported only to draw: its import takes as long as a small refresh.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import Console
    from rich.progress import Progress as ProgressBar
    from rich.table import Table

# Moves a bar: the text of the step, steps done, all steps (0: unknown).
Progress = Callable[[str, int, int], None]
PLAIN_WIDTH = 120
RATE_DIGITS = 6  # a rate as it is stored, without the noise of its last bits


def console() -> Console:
    """Return the console for results."""
    from rich.console import Console  # noqa: PLC0415

    # A pipe or a log has no width of its own: tables there may be this wide.
    return Console(highlight=False, width=None if sys.stdout.isatty() else PLAIN_WIDTH)


def progress() -> ProgressBar:
    """Return a progress bar on standard error; it draws nothing unless that is a terminal."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    bars = Console(stderr=True)
    return Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=bars,
        disable=not bars.is_terminal,
    )


@contextmanager
def steps() -> Iterator[Progress]:
    """Show one bar, and yield the function that moves it."""
    if not sys.stderr.isatty():
        yield lambda _text, _done, _total: None
        return
    with progress() as bar:
        task = bar.add_task("starting", total=None)

        def show(text: str, done: int, total: int) -> None:
            bar.update(task, description=text, completed=done, total=total or None)

        yield show


def table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, caption: str | None = None
) -> Table:
    """Return a table; numbers are right-aligned with thousands separators, NULL is an empty cell."""
    from rich.table import Table  # noqa: PLC0415

    result = Table(
        title=title, title_justify="left", title_style="bold", caption=caption, caption_justify="left"
    )
    listed = [list(row) for row in rows]
    for index, column in enumerate(columns):
        is_number = (
            all(isinstance(row[index], int | float | Decimal) or is_figure(row[index]) for row in listed)
            and listed
        )
        result.add_column(column, justify="right" if is_number else "left", overflow="fold")
    for row in listed:
        result.add_row(*(_cell(value) for value in row))
    return result


def is_figure(value: object) -> bool:
    """Return whether a value reads as a number: a formatted amount, a percentage, or nothing at all."""
    text = "" if value is None else str(value)
    return all(character in "0123456789.,-+% " for character in text)


def _cell(value: object) -> str:
    from rich.markup import escape  # noqa: PLC0415

    match value:
        case None:
            return ""
        case bool():
            return str(value)
        case int():
            return f"{value:,}"
        case Decimal():
            return _amount(value)
        case float():
            return f"{_rounded_down(value):,}"
        case _:
            return escape(str(value))


def _amount(value: Decimal) -> str:
    """Return an amount with two decimals, or with more where those are not zero."""
    if not value.is_finite():
        return str(value)
    cents = round(value, 2)
    return f"{cents:,.2f}" if cents == value else f"{value:,f}"


def _rounded_down(value: float) -> float:
    """Return a figure with the digits of a rate; none is shown at a limit that it has not reached."""
    if not math.isfinite(value):
        return value
    scale: int = 10**RATE_DIGITS
    return math.trunc(round(value * scale, RATE_DIGITS)) / scale


def print_json(value: object) -> None:
    """Print JSON for scripts; a value without a JSON type becomes text."""
    json.dump(value, sys.stdout, indent=2, default=str, ensure_ascii=False)
    sys.stdout.write("\n")
