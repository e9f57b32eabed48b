"""``cbw quarantine``: list the events that could not be mapped, or map them again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cbw.options import data_dir_option
from cbw.settings import load_settings
from transforms.commands.import_ import DONE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.table import Table

    from cbw.settings import Settings
    from transforms.reading.quarantine import QuarantineGroup
    from transforms.store.runs import Run


UNREAD = "select event_type, json_path, event_count from schema_paths where not is_mapped order by 3 desc"


@click.command()
@data_dir_option
@click.option("--reason", help="Only events with this reason.")
@click.option(
    "--replay", "is_replay", is_flag=True, help="Map everything again after aliases.csv was extended."
)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def quarantine(*, data_dir: Path | None, reason: str | None, is_replay: bool, as_json: bool) -> int:
    """List the events that could not be mapped, or map them again.

    Nothing is lost: they are stored, and counted. Where the sender uses a key that is not known, name it in
    aliases.csv in the data directory (first line scope,field,path,unit), and replay.

    \b
    Examples:
      cbw quarantine
      cbw quarantine --reason no_time --json
      printf 'scope,field,path,unit\\ntransaction,sale_time,soldWhen,\\n' > data/aliases.csv
      cbw quarantine --replay
    """
    settings = load_settings(data_dir=data_dir)
    if is_replay:
        if reason is not None:
            raise click.UsageError("--replay maps everything again: it takes no --reason")
        return _replay(settings, as_json=as_json)
    from cbw.terminal import console, print_json
    from transforms.reading.quarantine import list_quarantine

    groups = list_quarantine(settings, reason)
    if as_json:
        print_json([group.as_json for group in groups])
    elif groups:
        console().print(_table_of(groups))
        click.echo(f'which keys came that no alias reads:\n  cbw query "{UNREAD}"')
    else:
        click.echo("nothing is in quarantine" + (f" with reason {reason}" if reason else ""))
    return 0


def _table_of(groups: Sequence[QuarantineGroup]) -> Table:
    from cbw.terminal import table

    columns = ["reason", "json path", "event type", "events", "first seen (UTC)", "example event_key"]
    rows = [
        (
            *(group.reason, group.json_path, group.event_type, group.count),
            *(f"{group.first_seen_at:%Y-%m-%d %H:%M}", group.example_event_key),
        )
        for group in groups
    ]
    shown = table("Quarantine", columns, rows, caption="an event with several faults is in several lines")
    shown.columns[-1].no_wrap = True  # people copy it
    return shown


def _replay(settings: Settings, *, as_json: bool) -> int:
    from cbw.terminal import print_json
    from transforms.commands.asking import ask_showing_progress
    from transforms.store.runs import Run
    from transforms.warehouse import Warehouse

    with Warehouse(settings.warehouse_path):
        pass  # an error for a wrong data directory, before a pipeline would create files in it
    done = ask_showing_progress(settings, "replay")
    run = Run.from_json(done["run"])
    if as_json:
        print_json({"left": done["left"], "remaining": done["remaining"], "status": run.status})
    else:
        click.echo(_sentence(run, done["left"], done["remaining"]))
    return 0 if run.status in DONE else 1


def _sentence(run: Run, left: int, remaining: int) -> str:
    counts = f"{left:,} events left quarantine, {remaining:,} remain"
    match run.status:
        case "published":
            return f"{counts}; readers have version {run.published_version}"
        case "unchanged":
            return f"{counts}: neither aliases.csv nor anything else changed since the last build"
        case status:
            return f"{status}, readers keep the last good version: {run.detail}"
