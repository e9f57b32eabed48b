"""``cbw import``: history from files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cbw.data_dir import IMPORT_SOURCE
from cbw.errors import CbwError
from cbw.options import data_dir_option
from cbw.settings import load_settings
from transforms.commands.asking import ask_showing_progress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.progress import TaskID

    from cbw.settings import Settings
    from ingest.load.history import HistoryFile
    from ingest.load.import_inbox import ImportInbox

DONE = {"published", "unchanged", "loaded"}


@dataclass(frozen=True, slots=True)
class ImportRun:
    """The outcome of an import.

    Attributes:
        added: Deliveries that were not in ``raw_events`` before.
        status: The status of the run that loaded them (see `Run`); ``loaded`` without a refresh.
        published_version: The version that readers see now.
        detail: Why the run was blocked.
    """

    added: int
    status: str
    published_version: int | None
    detail: str | None

    @classmethod
    def from_answer(
        cls, imports: Sequence[ImportInbox], before: Mapping[str, int], answer: dict[str, Any]
    ) -> ImportRun:
        """Compare the positions before the imports were made with those of the action's answer."""
        after = answer.pop("positions")
        ids = {each.inbox_id for each in imports}  # two files may hold the same history
        added = sum(after.get(inbox_id, 0) - before.get(inbox_id, 0) for inbox_id in ids)
        return cls(added, **answer)


@click.command("import")
@click.argument(
    "paths",
    metavar="PATH...",
    nargs=-1,
    required=True,
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
)
@data_dir_option
@click.option("--no-refresh", is_flag=True, help="Load into raw_events only; the next refresh does the rest.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def import_(*, paths: tuple[Path, ...], data_dir: Path | None, no_refresh: bool, as_json: bool) -> int:
    """Import history: event bodies from JSONL (plain or gzip) or Parquet files.

    JSONL: every line is one body, kept byte for byte; blank lines are skipped. Parquet: a column body (BLOB or
    VARCHAR) and, if you like, received_at. Every body is one delivery, received now where the file does not say when;
    a malformed body is quarantined. A file is known by the bodies it holds: importing them again adds nothing. A pipe
    is read to its end first; - is standard input.

    It works while the service runs, and a killed import is just started again.

    \b
    Examples:
      cbw import history-2025.jsonl.gz history-2026.jsonl
      cbw import events.parquet --no-refresh
      zcat history-*.jsonl.gz | cbw import -
    """
    from cbw.logs import configure_logging
    from ingest.load.history import open_history
    from ingest.load.stream import is_stream

    configure_logging(level="error")
    histories = {path: open_history(path) for path in paths if not is_stream(path)}
    settings = load_settings(data_dir=data_dir)
    # The timer's run may load the new inboxes before the action does: only earlier positions tell which rows are new.
    before = ask_showing_progress(settings, "positions")
    imports = _make_imports(settings, paths, histories)
    for each in imports:
        if not each.deliveries:
            click.echo(f"cbw: warning: {each.source} holds no event, so nothing of it was imported", err=True)
    try:
        answer = ask_showing_progress(settings, "import", is_load_only=no_refresh)
    except CbwError as exc:
        exc.hint = "; ".join(filter(None, (exc.hint, "the import is kept, and loaded by the next run")))
        raise
    done = ImportRun.from_answer(imports, before, answer)
    _print_import(imports, done, as_json=as_json)
    return 0 if done.status in DONE else 1


def _make_imports(
    settings: Settings, paths: Sequence[Path], histories: Mapping[Path, HistoryFile]
) -> list[ImportInbox]:
    from cbw.terminal import progress
    from ingest.load.import_inbox import importing, make_import_inbox

    made = []
    with importing(settings.inbox_dir), progress() as bar:
        for path in paths:
            task = bar.add_task(f"reading {path.name}", total=100)
            history = histories.get(path) or _stored(settings.inbox_dir, path)

            def show(history: HistoryFile = history, task: TaskID = task) -> None:
                bar.update(task, completed=int(history.fraction * 100))

            made.append(make_import_inbox(settings.inbox_dir, history, show))
            bar.update(task, completed=100)
    return made


def _stored(inbox_dir: Path, path: Path) -> HistoryFile:
    """Store a stream next to the imports, and open it."""
    from ingest.load.history import open_history
    from ingest.load.stream import STANDARD_INPUT, store_stream

    stored = inbox_dir / IMPORT_SOURCE
    store_stream(path, stored)
    return open_history(stored, "standard input" if str(path) == STANDARD_INPUT else str(path))


def _print_import(imports: Sequence[ImportInbox], done: ImportRun, *, as_json: bool) -> None:
    from cbw.terminal import print_json

    deliveries = sum(each.deliveries for each in imports)
    if as_json:
        files = [
            {"path": each.source, "import": each.inbox_id, "deliveries": each.deliveries} for each in imports
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
        case "loaded":
            click.echo(f"{held}, {done.added:,} of them new; `cbw refresh` builds the tables")
        case "published" | "unchanged":
            click.echo(f"{held}, {done.added:,} of them new; readers have version {done.published_version}")
        case status:
            click.echo(
                f"{held}, {done.added:,} of them new; {status}, readers keep the last good version: {done.detail}"
            )
