"""``cbw refresh``: load, build, check and publish once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cbw.options import data_dir_option
from cbw.settings import load_settings
from transforms.commands.asking import ask_showing_progress

if TYPE_CHECKING:
    from pathlib import Path

    from transforms.store.runs import Run


@click.command()
@data_dir_option
@click.option("--full", is_flag=True, help="Rebuild every table from raw events, even if nothing is new.")
@click.option("--json", "as_json", is_flag=True, help="Print the run as JSON.")
def refresh(*, data_dir: Path | None, full: bool, as_json: bool) -> int:
    """Load, build, check and publish once; the running pipeline does it, where one runs.

    Exit code 1 when a check failed: readers then keep the last good version.

    \b
    Examples:
      cbw refresh
      cbw refresh --full --json
    """
    from cbw.terminal import print_json
    from transforms.store.runs import Run

    run = Run.from_json(ask_showing_progress(load_settings(data_dir=data_dir), "refresh", full=full))
    if as_json:
        print_json(run.as_json)
    else:
        click.echo(_sentence(run))
    return 0 if run.status in {"published", "unchanged"} else 1


def _sentence(run: Run) -> str:
    match run.status:
        case "unchanged":
            return f"nothing new: version {run.published_version} is up to date"
        case "published":
            return (
                f"published version {run.published_version}: {run.events_in:,} new deliveries, "
                f"{run.rows_changed:,} rows written, {run.seconds:.1f} s"
            )
        case _:
            return f"{run.status}, readers keep the last good version: {run.detail}"
