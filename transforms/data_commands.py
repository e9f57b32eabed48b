"""The commands that bring data in, take it out, and bring it back: ``import``, ``export``, ``quarantine``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cbw.options import data_dir_option
from cbw.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.progress import TaskID
    from rich.table import Table

    from cbw.settings import Settings
    from ingest.load.history import HistoryFile
    from ingest.load.import_inbox import ImportInbox
    from transforms.pipeline.pipeline import Pipeline
    from transforms.reading.quarantine import QuarantineGroup
    from transforms.service.import_run import ImportRun
    from transforms.store.runs import Run

UNREAD = "select event_type, json_path, event_count from schema_paths where not is_mapped order by 3 desc"
DONE = {"published", "unchanged", "loaded", "waiting"}


@click.command("import")
@click.argument(
    "paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(dir_okay=False, path_type=Path)
)
@data_dir_option
@click.option("--no-refresh", is_flag=True, help="Load into raw_events only; the next refresh does the rest.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def import_(*, paths: tuple[Path, ...], data_dir: Path | None, no_refresh: bool, as_json: bool) -> int:
    """Import history: event bodies from JSONL (plain or gzip) or Parquet files.

    JSONL: every line is one body, kept byte for byte; blank lines are skipped. Parquet: a column body (BLOB or
    VARCHAR) and, if you like, received_at. Every body is one delivery, received now where the file does not say when;
    what is malformed is quarantined. A file is known by the bodies it holds: importing them again adds nothing.

    It works while the service runs, and a killed import is just started again.

    \b
    Examples:
      cbw import history-2025.jsonl.gz history-2026.jsonl
      cbw import events.parquet --no-refresh
    """
    from cbw.logs import configure_logging
    from ingest.load.history import open_history
    from transforms.service import import_run

    configure_logging(level="error")
    histories = [open_history(path) for path in paths]
    settings = load_settings(data_dir=data_dir)
    before = import_run.loaded_positions(settings)
    imports = _make_imports(settings, histories)
    if no_refresh:
        done = import_run.load_only(settings, imports)
    else:
        done = import_run.refresh(settings, imports, before, _run_with_progress)
    _print_import(imports, done, as_json=as_json)
    return 0 if done.status in DONE else 1


def _make_imports(settings: Settings, histories: Sequence[HistoryFile]) -> list[ImportInbox]:
    from cbw.terminal import progress
    from ingest.load.import_inbox import importing, make_import_inbox

    made = []
    with importing(settings.inbox_dir), progress() as bar:
        for history in histories:
            task = bar.add_task(f"reading {history.path.name}", total=100)

            def show(history: HistoryFile = history, task: TaskID = task) -> None:
                bar.update(task, completed=int(history.fraction * 100))

            made.append(make_import_inbox(settings.inbox_dir, history, show))
            bar.update(task, completed=100)
    return made


def _run_with_progress(pipeline: Pipeline) -> Run:
    from cbw.terminal import steps
    from transforms.service.actions import perform
    from transforms.store.runs import Run

    with steps() as show:
        return Run.from_json(perform(pipeline, "refresh", {"full": False}, show))


def _print_import(imports: Sequence[ImportInbox], done: ImportRun, *, as_json: bool) -> None:
    from cbw.terminal import print_json

    deliveries = sum(each.deliveries for each in imports)
    if as_json:
        files = [
            {"path": str(each.source), "import": each.inbox_id, "deliveries": each.deliveries}
            for each in imports
        ]
        print_json(
            {
                "files": files, "deliveries": deliveries, "added": done.added, "status": done.status,
                "published_version": done.published_version, "detail": done.detail,
            }
        )  # fmt: skip
        return
    held = f"{deliveries:,} deliveries in {len(imports):,} file{'s' if len(imports) > 1 else ''}"
    match done.status:
        case "waiting":
            click.echo(f"{held}; the running pipeline loads them")
        case "loaded":
            click.echo(f"{held}, {done.added:,} of them new; `cbw refresh` builds the tables")
        case "published" | "unchanged":
            click.echo(f"{held}, {done.added:,} of them new; readers have version {done.published_version}")
        case status:
            click.echo(
                f"{held}, {done.added:,} of them new; {status}, readers keep what they had: {done.detail}"
            )


@click.command()
@click.option(
    "--to", "directory", required=True, type=click.Path(path_type=Path), help="The directory to make."
)
@data_dir_option
@click.option("--table", "tables", multiple=True, help="Export this table; may be repeated.  [default: all]")
@click.option(
    "--format",
    "form",
    type=click.Choice(["parquet", "csv"]),
    default="parquet",
    show_default=True,
    help="Of the files.",
)
@click.option("--replace", is_flag=True, help="Take the place of an earlier export.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest.")
def export(*, directory: Path, data_dir: Path | None, as_json: bool, **choice: Any) -> int:
    """Export published tables as Parquet or CSV, with a manifest of rows and SHA-256 hashes.

    All files are of one published version, also while the service runs, and the directory appears when it is complete.
    The same version always gives the same bytes.

    \b
    Examples:
      cbw export --to export
      cbw export --to refunds --table fct_refunds --table refund_rates --format csv
      cbw export --to export --replace --json
    """
    from cbw.terminal import print_json, progress
    from transforms.reading.export import ExportPlan
    from transforms.reading.export import export as export_tables

    with progress() as bar:
        task = bar.add_task("exporting", total=None)

        def on_table(name: str, total: int) -> None:
            bar.update(task, description=f"exporting {name}", total=total, advance=1)

        manifest = export_tables(load_settings(data_dir=data_dir), ExportPlan(directory, **choice), on_table)
    if as_json:
        print_json(manifest.as_json)
        return 0
    rows, size = sum(each.rows for each in manifest.tables), sum(each.bytes for each in manifest.tables)
    click.echo(
        f"{directory}: version {manifest.published_version}, {len(manifest.tables)} tables, "
        f"{rows:,} rows, {size / 1e6:.1f} MB"
    )
    return 0


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
    from transforms.commands import ask_showing_progress
    from transforms.store.runs import Run
    from transforms.warehouse import Warehouse

    with Warehouse(settings.warehouse_path):
        pass  # a wrong data directory is named before anything is made in it
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
