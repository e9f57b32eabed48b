"""The status of an installation at a glance, without its private files."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Status:
    """The status of an installation; ``cbw status --json`` prints ``as_json``.

    Attributes:
        inboxes: Each inbox file with its tip, the position loaded, and the difference.
        outside: How much stands outside the figures, by kind, reason, type and currency, with its money.
        outside_sentences: The same in plain words; empty when everything is in the figures.
        unread_paths: Keys that the sender first used in the last week and that no alias reads; at most 20.
        set_aside: Inbox files that were damaged; their readable deliveries are loaded too.
        pipeline: The last heartbeat, and whether its process lives.
        recoveries: The last files that were lost or damaged, with the outcome, oldest first.
        gaps: The losses that somebody accepted, each with a sentence.
        verified: The last verification: tables compared and how many of them differ, checks run, and the names of the
            tables and checks that failed; None when there was none.
        refused: The requests that the receiver refused in the last 24 hours, by reason.
        night: The last night's job with its steps; None when there was none.
        night_owed_seconds: How long ago the first night began that did not run; 0 when the latest has run.
        problems: A sentence for each fault; empty when all is well.
    """

    data_dir: str
    receiver_running: bool
    pipeline_running: bool
    pipeline: dict[str, Any] | None
    inboxes: list[dict[str, Any]]
    set_aside: list[str]
    waiting: int
    published_version: int | None
    published_age_seconds: float | None
    totals: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    quarantine: list[dict[str, Any]] = field(default_factory=list)
    outside: list[dict[str, Any]] = field(default_factory=list)
    outside_sentences: list[str] = field(default_factory=list)
    unread_paths: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    checks_run: int = 0
    verified: dict[str, Any] | None = None
    checks_violated: list[dict[str, Any]] = field(default_factory=list)
    syncs: list[dict[str, Any]] = field(default_factory=list)
    recoveries: list[dict[str, Any]] = field(default_factory=list)
    gaps: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    night: dict[str, Any] | None = None
    night_owed_seconds: float = 0.0
    problems: list[str] = field(default_factory=list)

    @property
    def as_json(self) -> dict[str, Any]:
        """The status as plain values."""
        return asdict(self)
