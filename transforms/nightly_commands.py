"""``cbw nightly``: a night's job, now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ingest.options import data_dir_option
from ingest.settings import load_settings

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from transforms.night_record import NightRun


@click.command()
@data_dir_option
@click.option(
    "--date",
    "night",
    type=click.DateTime(["%Y-%m-%d"]),
    help="A missed night, by the date on which it began; the latest by default.",
)
@click.option(
    "--again", is_flag=True, help="Repeat the steps of a night that was done; what it froze stays frozen."
)
@click.option("--json", "as_json", is_flag=True, help="Print the night and its steps as JSON.")
def nightly(*, data_dir: Path | None, night: datetime | None, again: bool, as_json: bool) -> int:
    """Run the nightly job now: refresh, verify and freeze the figures, for the latest night or a missed one.

    The service does this by itself at CBW_NIGHTLY_AT, and catches up after days down. A night that was done is not run
    twice; one with a failed step is. Needs the pipeline to be stopped: its files are its own. Exit code 1 when a step
    failed; the steps after it that do not need it are done all the same.

    \b
    Examples:
      cbw nightly
      cbw nightly --date 2026-06-30
      cbw nightly --again --json
    """
    from datetime import UTC, datetime

    from ingest.logs import configure_logging
    from transforms.nightly import NightlyJob
    from transforms.pipeline import Pipeline

    configure_logging(level="critical")  # what failed is in the table
    with Pipeline(load_settings(data_dir=data_dir)) as opened:
        run, is_new = NightlyJob(opened).run_now(
            None if night is None else night.date(), datetime.now(tz=UTC), again=again
        )
    _show(run, is_new=is_new, as_json=as_json)
    return 0 if run.status in {"done", "caught_up"} else 1


def _show(run: NightRun, *, is_new: bool, as_json: bool) -> None:
    from dataclasses import asdict

    from ingest.terminal import console, print_json, table

    if as_json:
        print_json(asdict(run) | {"is_new": is_new})
    elif is_new:
        steps = [(step.name, step.status, f"{step.seconds:.1f}", step.detail) for step in run.steps]
        console().print(table(f"The night of {run.night}", ["step", "status", "seconds", "detail"], steps))
        click.echo(f"{run.status}: refreshes waited {run.waited_seconds:.1f} s")
    else:
        click.echo(f"nothing to do: the night of {run.night} is {run.status.replace('_', ' ')}")
