"""The counts of one receiver worker, and their sums over workers and restarts.

Counting is a few dictionary and list operations, because it happens inside the request: a library that keeps its
numbers in shared memory costs ten times as much. A `Tally` is plain data that is written to a file and added to
others; the admin listener exposes it to Prometheus.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Self

# Seconds; the last finite bound of each lies above the deadline of a commit.
ACK_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
COMMIT_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
BATCH_ROWS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0)


@dataclass(slots=True)
class Histogram:
    """The number of values in each bucket; the last bucket has no upper bound."""

    bounds: tuple[float, ...]
    counts: list[int] = field(default_factory=list)
    total: float = 0.0
    """The sum of all values."""

    def __post_init__(self) -> None:
        self.counts = self.counts or [0] * (len(self.bounds) + 1)

    def observe(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def snapshot(self) -> Self:
        """Return a copy."""
        return type(self)(self.bounds, list(self.counts), self.total)

    def __add__(self, other: Self) -> Self:
        counts = [ours + theirs for ours, theirs in zip(self.counts, other.counts, strict=True)]
        return type(self)(self.bounds, counts, self.total + other.total)


@dataclass(slots=True)
class CommitTally:
    """The counts of the inbox's writing thread, which alone writes them."""

    seconds: Histogram = field(default_factory=lambda: Histogram(COMMIT_SECONDS))
    rows: Histogram = field(default_factory=lambda: Histogram(BATCH_ROWS))

    def observe(self, rows: int, seconds: float) -> None:
        """Count one commit; without rows it only opened the file, and does not count."""
        if rows:
            self.rows.observe(rows)
            self.seconds.observe(seconds)

    def __add__(self, other: Self) -> Self:
        return type(self)(self.seconds + other.seconds, self.rows + other.rows)


@dataclass(slots=True)
class Tally:
    """The counts of the event loop, with those of the writing thread."""

    requests: Counter[tuple[int, str]] = field(default_factory=Counter)
    """By status and reason; the reason of an acknowledgement is empty."""
    verified: Counter[str] = field(default_factory=Counter)
    """Acknowledged deliveries by the id of the secret that signed them."""
    ack_seconds: Histogram = field(default_factory=lambda: Histogram(ACK_SECONDS))
    commits: CommitTally = field(default_factory=CommitTally)
    last_event_at: float = 0.0
    """The time of the last acknowledgement, in seconds since the epoch; 0 for none."""

    def acknowledged(self, status: int, secret_id: str, seconds: float, now: float) -> None:
        """Count a delivery that was stored."""
        self.requests[status, ""] += 1
        self.verified[secret_id] += 1
        self.ack_seconds.observe(seconds)
        self.last_event_at = now

    def refused(self, status: int, reason: str) -> None:
        """Count a refused request."""
        self.requests[status, reason] += 1

    def snapshot(self) -> Self:
        """Return a copy; another thread may take it during counting, since each part is copied in one step."""
        copy = type(self)(last_event_at=self.last_event_at)
        copy.requests.update(dict(self.requests))
        copy.verified.update(dict(self.verified))
        copy.ack_seconds = self.ack_seconds.snapshot()
        copy.commits = CommitTally(self.commits.seconds.snapshot(), self.commits.rows.snapshot())
        return copy

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.requests + other.requests,
            self.verified + other.verified,
            self.ack_seconds + other.ack_seconds,
            self.commits + other.commits,
            max(self.last_event_at, other.last_event_at),
        )

    def as_json(self) -> dict[str, Any]:
        """Return plain values, from which `from_json` makes an equal tally."""
        return {
            "requests": [[*key, count] for key, count in sorted(self.requests.items())],
            "verified": dict(self.verified),
            "last_event_at": self.last_event_at,
            **{
                name: {"bounds": histogram.bounds, "counts": histogram.counts, "total": histogram.total}
                for name, histogram in self._histograms().items()
            },
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Return the tally that was written.

        Raises:
            KeyError, TypeError, ValueError: A release with other counts wrote it.
        """
        tally = cls(last_event_at=float(value["last_event_at"]))
        tally.requests.update(
            {(int(code), str(reason)): int(count) for code, reason, count in value["requests"]}
        )
        tally.verified.update({str(name): int(count) for name, count in value["verified"].items()})
        for name, histogram in tally._histograms().items():
            if list(histogram.bounds) != value[name]["bounds"]:
                raise ValueError(f"the bounds of {name} are others")
            histogram.counts[:] = map(int, value[name]["counts"])
            histogram.total = float(value[name]["total"])
        return tally

    def _histograms(self) -> dict[str, Histogram]:
        return {
            "ack_seconds": self.ack_seconds,
            "commit_seconds": self.commits.seconds,
            "batch_rows": self.commits.rows,
        }
