"""``cbw import``: history from files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cbw.options import data_dir_option
from cbw.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.progress import TaskID

    from cbw.settings import Settings
    from ingest.load.history import HistoryFile
    from ingest.load.import_inbox import ImportInbox
    from transforms.pipeline.pipeline import Pipeline
    from transforms.service.import_run import ImportRun
    from transforms.store.runs import Run

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
