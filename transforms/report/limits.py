"""The limits that the report draws: data (``limits.csv``), because card networks and ClickBank change them.

An owner's ``<data dir>/limits.csv`` has the same columns and replaces every limit of ours.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cbw.data_dir import USER_LIMITS
from cbw.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

OURS = Path(__file__).with_name(USER_LIMITS)
COLUMNS = ("metric", "window_days", "level", "value", "source")
METRICS = ("refund_rate", "chargeback_rate", "chargeback_rate_month")
# In rising order of severity.
LEVELS = ("watch", "warning", "limit")
_WINDOWS = {"refund_rate": (1, 7, 30, 60, 90), "chargeback_rate": (7, 14, 30, 60, 90)}


@dataclass(frozen=True, slots=True)
class Limit:
    """A rate that a vendor should stay below.

    Attributes:
        metric: ``refund_rate``, ``chargeback_rate`` or ``chargeback_rate_month``.
        window_days: The trailing window of the rate; None for a calendar month.
        level: ``watch``, ``warning`` or ``limit``.
        value: The rate as a fraction.
        source: The network or company that sets the limit.
    """

    metric: str
    window_days: int | None
    level: str
    value: float
    source: str


@dataclass(frozen=True, slots=True)
class Limits:
    """All limits, each metric's from low to high."""

    limits: tuple[Limit, ...]

    @classmethod
    def for_data_dir(cls, data_dir: Path) -> Limits:
        """Read the owner's limits, or ours if the data directory has none.

        Raises:
            ConfigurationError: A line of the file is wrong.
        """
        theirs = data_dir / USER_LIMITS
        return cls.from_file(theirs if theirs.exists() else OURS)

    @classmethod
    def from_file(cls, path: Path) -> Limits:
        """Read limits from a CSV file.

        Raises:
            ConfigurationError: A line is wrong; the message names the line and its fault.
        """
        with path.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines)
            if tuple(reader.fieldnames or ()) != COLUMNS:
                raise ConfigurationError(f"{path}: the first line must be {','.join(COLUMNS)}")
            read = [_limit(row, f"{path}, line {reader.line_num}") for row in reader]
        for metric in METRICS:
            if len({limit.window_days for limit in read if limit.metric == metric}) > 1:
                raise ConfigurationError(f"{path}: the limits of {metric} must share one window_days")
        return cls(tuple(sorted(read, key=lambda limit: (METRICS.index(limit.metric), limit.value))))

    def of(self, metric: str) -> tuple[Limit, ...]:
        """Return the limits of a metric, from low to high."""
        return tuple(limit for limit in self.limits if limit.metric == metric)

    def window_of(self, metric: str, default: int) -> int:
        """Return the window of a metric's limits; ``default`` when the metric has no limit with one."""
        return next((limit.window_days for limit in self.of(metric) if limit.window_days), default)

    def reached(self, metric: str, rate: float | None) -> Limit | None:
        """Return the highest limit at or below a rate; None when the rate is below all."""
        return _highest(limit for limit in self.of(metric) if rate is not None and rate >= limit.value)


def _highest(limits: Iterable[Limit]) -> Limit | None:
    return max(limits, key=lambda limit: limit.value, default=None)


def _limit(row: dict[str, str], where: str) -> Limit:
    metric, window = row["metric"], row["window_days"]
    if metric not in METRICS:
        raise ConfigurationError(f"{where}: the metric {metric!r} is none of {', '.join(METRICS)}")
    if row["level"] not in LEVELS:
        raise ConfigurationError(f"{where}: the level {row['level']!r} is none of {', '.join(LEVELS)}")
    allowed = [str(days) for days in _WINDOWS.get(metric, ())] or [""]
    if window not in allowed:
        raise ConfigurationError(
            f"{where}: {metric} has no window_days {window!r}; it has {', '.join(allowed)}"
        )
    return Limit(
        metric, int(window) if window else None, row["level"], _fraction(row["value"], where), row["source"]
    )


def _fraction(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError as exc:
        raise ConfigurationError(f"{where}: the value {text!r} is no number; 0.15 is 15 %") from exc
    if not 0 < value < 1:
        raise ConfigurationError(f"{where}: the value {text} is no fraction between 0 and 1; 0.15 is 15 %")
    return value
