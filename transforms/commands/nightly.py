"""``cbw nightly``: run a night's job now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cbw.options import data_dir_option
from cbw.settings import load_settings
from transforms.commands.asking import ask_showing_progress

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


@click.command()
@data_dir_option
@click.option(
    "--date",
    "night",
    type=click.DateTime(["%Y-%m-%d"]),
    help="A missed night, by the date on which it began; the latest by default.",
)
@click.option(
    "--again", is_flag=True, help="Repeat the steps of a night that was done; its frozen figures stay."
)
@click.option("--json", "as_json", is_flag=True, help="Print the night and its steps as JSON.")
def nightly(*, data_dir: Path | None, night: datetime | None, again: bool, as_json: bool) -> int:
    """Run the nightly job now: refresh, verify, freeze, archive, prune and report, for the latest or a missed one.

    The service does this at CBW_NIGHTLY_AT, and catches up after days down. A night that was done is not run
    twice; one with a failed step is. The running pipeline does it, where one runs. Exit code 1 when a step failed; the
    steps after it that do not need it are done all the same.

    \b
    Examples:
      cbw nightly
      cbw nightly --date 2026-06-30
      cbw nightly --again --json
    """
    from transforms.health.installation import require_installation

    settings = load_settings(data_dir=data_dir)
    require_installation(settings.data_dir)
    run = ask_showing_progress(
        settings, "nightly", date=None if night is None else str(night.date()), again=again
    )
    if as_json:
        from cbw.terminal import print_json

        print_json(run)
    else:
        _show(run)
    return 0 if run["status"] in {"done", "caught_up"} else 1


def _show(run: dict[str, Any]) -> None:
    from cbw.terminal import console, table

    if run["is_new"]:
        steps = [
            (step["name"], step["status"], f"{step['seconds']:.1f}", step["detail"]) for step in run["steps"]
        ]
        console().print(table(f"The night of {run['night']}", ["step", "status", "seconds", "detail"], steps))
        click.echo(f"{run['status']}: refreshes waited {run['waited_seconds']:.1f} s")
    else:
        click.echo(f"nothing to do: the night of {run['night']} is {run['status'].replace('_', ' ')}")
