"""A data directory with events of every kind, as a running installation would leave it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.metrics.tally import Tally
from ingest.metrics.tally_file import own_report, report_path
from tests.histories import history, receive, settings_for
from transforms.pipeline.pipeline import Pipeline

if TYPE_CHECKING:
    from pathlib import Path

DELIVERIES = 69


def install(data_dir: Path) -> None:
    """Publish a history, some of it twice, some of it unreadable, and write the report of one worker."""
    bodies = [*history(60, 10), *history(60, 10)[:7], b'{"type": "no.such.type"}', b"no json"]
    assert len(bodies) == DELIVERIES
    receive(data_dir, bodies)
    with Pipeline(settings_for(data_dir)) as pipeline:
        assert pipeline.run("command").status == "published"
    tally = Tally()
    tally.acknowledged(200, "current", 0.003, now=1_800_000_000.5)
    tally.refused(401, "mismatch")
    tally.commits.observe(3, 0.002)
    own_report(5, tally).write(report_path(data_dir, data_dir / "inbox" / "inbox-00.sqlite"))
