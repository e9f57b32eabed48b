"""``cbw import``: history from files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cbw.errors import CbwError
from cbw.options import data_dir_option
from cbw.settings import load_settings
from transforms.commands.asking import ask_showing_progress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cbw.settings import Settings
    from ingest.load.import_inbox import ImportInbox
    from transforms.commands.import_files import Imported

DONE = {"published", "unchanged", "loaded"}
FORMATS = ("auto", "events", "orders", "report", "subscriptions")


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
    "paths", metavar="PATH...", nargs=-1, type=click.Path(dir_okay=False, allow_dash=True, path_type=Path)
)
@data_dir_option
@click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    default="auto",
    show_default=True,
    help="The kind of the files.",
)
@click.option("--as-of", metavar="TIME", help="When the exports were made; else the newest time in each.")
@click.option("--account", metavar="NICK", help="Whose exports they are; the seller of rows that name none.")
@click.option("--dry-run", is_flag=True, help="Say what the files hold, and store nothing.")
@click.option("--list", "is_list", is_flag=True, help="List the imports that are held.")
@click.option("--no-refresh", is_flag=True, help="Load into raw_events only; the next refresh does the rest.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def import_(  # noqa: PLR0913 - the options of a command are its arguments
    *,
    paths: tuple[Path, ...],
    data_dir: Path | None,
    format_: str,
    as_of: str | None,
    account: str | None,
    dry_run: bool,
    is_list: bool,
    no_refresh: bool,
    as_json: bool,
) -> int:
    """Import history: whole events, or exports of ClickBank. The bytes of a file decide, never its name.

    Events: JSONL, every line one body, kept byte for byte, blank lines skipped; or Parquet with a column body (BLOB or
    VARCHAR) and, if you like, received_at. Each is one delivery, received now where the file does not say when; a
    malformed body is quarantined.

    Exports: orders of the Orders API (versions 1.0 to 1.3), rows of a transaction report, subscription details; as
    JSON, JSON lines, XML or CSV. All rows of one command about one transaction become one event, together with those of
    earlier imports. A file with an error page, a half row or an ambiguous date stores nothing.

    Any file may be gzip. Importing a file again adds nothing. A pipe is read to its end first; - is standard input. It
    works while the service runs, and a killed import is just started again.

    \b
    Examples:
      cbw import history-2025.jsonl.gz history-2026.jsonl
      cbw import orders-*.json --dry-run
      cbw import transactions.csv --as-of 2026-03-05T10:00:00Z --account brightketo
      zcat history-*.jsonl.gz | cbw import -
    """
    from cbw.logs import configure_logging
    from transforms.commands.import_files import Choices, dated, import_files, open_files
    from transforms.commands.import_result import print_dry_run, print_import, print_list
    from transforms.definitions.aliases import read_aliases
    from transforms.definitions.export_dialect import export_dialect

    configure_logging(level="error")
    settings = load_settings(data_dir=data_dir)
    if is_list:
        print_list(ask_showing_progress(settings, "imports"), as_json=as_json)
        return 0
    if not paths:
        raise click.UsageError("Missing argument 'PATH...'.")
    choices = Choices(format_, dated(as_of), account)
    dialect = export_dialect(read_aliases(settings))
    opened = open_files(paths, dialect, choices)
    # The timer's run may load the new inboxes before the action does: only earlier positions tell which rows are new.
    before = {} if dry_run else ask_showing_progress(settings, "positions")
    imported = import_files(settings, paths, opened, dialect, choices, is_dry_run=dry_run)
    if dry_run:
        print_dry_run(imported, as_json=as_json)
        return 0
    done = _load(settings, imported, before, is_load_only=no_refresh)
    print_import(imported, done, as_json=as_json)
    return 0 if done.status in DONE else 1


def _load(
    settings: Settings, imported: Imported, before: Mapping[str, int], *, is_load_only: bool
) -> ImportRun:
    for file in imported.files:
        if not file.count:
            click.echo(f"cbw: warning: {file.name} holds no event, so nothing of it was imported", err=True)
    try:
        answer = ask_showing_progress(settings, "import", is_load_only=is_load_only)
    except CbwError as exc:
        exc.hint = "; ".join(filter(None, (exc.hint, "the import is kept, and loaded by the next run")))
        raise
    return ImportRun.from_answer(imported.inboxes, before, answer)
