"""The files of an import: each is taken for events or for an export, and stored in an inbox of its own."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cbw.data_dir import IMPORT_HELD, IMPORT_PARTIES, IMPORT_ROWS, IMPORT_SOURCE
from cbw.errors import ConfigurationError
from ingest.exports.export import Export
from ingest.exports.grouping import Rows
from ingest.exports.history import ExportHistory
from ingest.exports.recognise import EVENTS, open_export
from ingest.load.history import open_history
from ingest.load.import_inbox import (
    ImportInbox,
    import_path,
    importing,
    list_imports,
    make_import_inbox,
)
from ingest.load.stream import STANDARD_INPUT, is_stream, store_stream
from transforms.commands.asking import ask_showing_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from cbw.settings import Settings
    from ingest.exports.dialect import Dialect
    from ingest.exports.grouping import Found
    from ingest.load.history import HistoryFile

EXPORTS = "the exports"


@dataclass(frozen=True, slots=True)
class Choices:
    """The options of an import that say how its files are read.

    Attributes:
        format: ``auto``, ``events`` or a kind of export.
        as_of: When the exports were made; None where the operator does not say.
        account: The nickname whose telling they are.
    """

    format: str
    as_of: datetime | None
    account: str | None


@dataclass(slots=True)
class FileRead:
    """One file of an import.

    Attributes:
        name: Its name for the operator.
        title: The thing that it was taken for.
        kind: ``events``, ``orders``, ``report`` or ``subscriptions``.
        count: Its rows, or its events.
        inbox_id: The import it became a part of.
    """

    name: str
    title: str
    kind: str
    count: int = 0
    inbox_id: str | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """All files of an import, and the inboxes made of them.

    Attributes:
        files: Each file.
        inboxes: Those made; none in a dry run.
        found: The outcome of the exports; None without any.
    """

    files: list[FileRead]
    inboxes: list[ImportInbox]
    found: Found | None


def open_file(path: Path, name: str, dialect: Dialect, choices: Choices) -> Export | HistoryFile:
    """Decide what a file is by its bytes.

    Raises:
        ConfigurationError: It cannot be read, it is nothing known, or it is two things.
    """
    history = open_history(path, name)  # names a file that cannot be read
    return open_export(path, name, dialect, asked=choices.format, account=choices.account) or history


def open_files(paths: Sequence[Path], dialect: Dialect, choices: Choices) -> dict[Path, Export | HistoryFile]:
    """Decide what each file is that can be read twice; a stream is stored first, and has no entry.

    Raises:
        ConfigurationError: A file cannot be read, is nothing known, or is two things.
    """
    return {path: open_file(path, str(path), dialect, choices) for path in paths if not is_stream(path)}


def import_files(
    settings: Settings,
    paths: Sequence[Path],
    opened: dict[Path, Export | HistoryFile],
    dialect: Dialect,
    choices: Choices,
    *,
    is_dry_run: bool,
) -> Imported:
    """Read every file, and store nothing unless all of them can be read.

    Args:
        settings: The data directory.
        paths: The files, in the operator's order.
        opened: Those of them that are no streams.
        dialect: The aliases and word lists.
        choices: The operator's options.
        is_dry_run: Store nothing.

    Raises:
        ConfigurationError: A file cannot be read, or another import is running.
    """
    with importing(settings.inbox_dir):
        for number, path in enumerate(paths):
            if path not in opened:
                opened[path] = _stored(settings.inbox_dir, path, number, dialect, choices)
        sources = [opened[path] for path in paths]
        files = [_file(source) for source in sources]
        pairs = list(zip(files, sources, strict=True))
        found = None
        inboxes: list[ImportInbox] = []
        exports = [(file, source) for file, source in pairs if isinstance(source, Export)]
        histories = [(file, source) for file, source in pairs if not isinstance(source, Export)]
        if exports:
            with Rows(
                settings.inbox_dir / IMPORT_ROWS, dialect, as_of=choices.as_of, account=choices.account
            ) as rows:
                _read(rows, exports)
                history = ExportHistory(EXPORTS, rows, _held(settings, rows))
                inboxes += _finish(
                    settings, [(file, None) for file, _ in exports], history, is_dry_run=is_dry_run
                )
                found = rows.found
        for file, source in histories:
            inboxes += _finish(settings, [(file, source)], source, is_dry_run=is_dry_run)
    return Imported(files, inboxes, found)


def dated(text: str | None) -> datetime | None:
    """Read ``--as-of``.

    Raises:
        ConfigurationError: It is no instant, or none of the past.
    """
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as exc:
        raise ConfigurationError(f"--as-of: {text!r} is no time", hint="write 2026-03-05T10:00:00Z") from exc
    instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    if instant > datetime.now(UTC):
        raise ConfigurationError(f"--as-of: {text} is in the future")
    return instant


def _stored(
    inbox_dir: Path, path: Path, number: int, dialect: Dialect, choices: Choices
) -> Export | HistoryFile:
    """Store a stream next to the imports, and open it."""
    stored = inbox_dir / f"{IMPORT_SOURCE}.{number}"
    store_stream(path, stored)
    return open_file(stored, "standard input" if str(path) == STANDARD_INPUT else str(path), dialect, choices)


def _file(source: Export | HistoryFile) -> FileRead:
    if isinstance(source, Export):
        return FileRead(source.name, source.title, str(source.kind))
    return FileRead(source.name, "whole events", EVENTS)


def _read(rows: Rows, exports: Sequence[tuple[FileRead, Export]]) -> None:
    with _bar("reading") as advance:
        for file, export in exports:
            file.count = rows.add(export, lambda: advance(0))
            advance(1)


def _held(settings: Settings, rows: Rows) -> Path:
    """Return a file with the bodies that earlier imports stored of the same receipts."""
    parties, held = (settings.inbox_dir / name for name in (IMPORT_PARTIES, IMPORT_HELD))
    rows.write_parties(parties)
    loaded = {import_path(settings.inbox_dir, inbox) for inbox in ask_showing_progress(settings, "positions")}
    if not loaded.issuperset(list_imports(settings.inbox_dir)):
        # one that was killed before it was loaded
        ask_showing_progress(settings, "import", is_load_only=True)
    ask_showing_progress(settings, "held_exports", parties=str(parties.resolve()), target=str(held.resolve()))
    return held


def _finish(
    settings: Settings,
    files: Sequence[tuple[FileRead, HistoryFile | None]],
    history: HistoryFile,
    *,
    is_dry_run: bool,
) -> list[ImportInbox]:
    """Store a history, or in a dry run only count it."""
    if is_dry_run:
        count = sum(1 for _ in history.events())
        for file, own in files:
            file.count = count if own is not None else file.count
        return []
    with _bar("storing") as advance:
        made = make_import_inbox(settings.inbox_dir, history, lambda: advance(history.fraction))
    for file, own in files:
        file.inbox_id = made.inbox_id if made.deliveries else None
        file.count = made.deliveries if own is not None else file.count
    return [made]


@contextmanager
def _bar(text: str) -> Iterator[Callable[[float], None]]:
    from cbw.terminal import progress

    with progress() as bar:
        task = bar.add_task(text, total=100)
        yield lambda fraction: bar.update(task, completed=int(fraction * 100))
