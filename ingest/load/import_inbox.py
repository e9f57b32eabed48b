"""An import is an inbox of its own: the pipeline loads it as it loads deliveries that came over HTTP.

The import builds the file under another name and renames it into place, so the pipeline never loads half an import.
Its ``inbox_id`` is a digest of the bodies in their order: the same history in another file is the same import, and
the loader's position for that id makes a second load add nothing.
"""

from __future__ import annotations

import os
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from cbw.data_dir import IMPORT_LOCK, IMPORT_SOURCE, INBOX, UNFINISHED_IMPORT
from cbw.durable import sync
from cbw.errors import AlreadyServedError, ConfigurationError
from cbw.locks import hold
from ingest.inbox.file import NEW_SUFFIX, open_for_writing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ingest.load.history import HistoryFile, PastEvent

ID_PREFIX = "import:"
BATCH_ROWS = 2_000
BATCH_BYTES = 16 * 1024 * 1024

_INSERT = "insert into deliveries (received_at, body, body_sha256, secret_id) values (?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class ImportInbox:
    """A history file, ready for the loader.

    Attributes:
        source: The name of the history file.
        inbox_id: The loader's key.
        deliveries: The number of events in the file.
    """

    source: str
    inbox_id: str
    deliveries: int


def is_import(inbox_id: str) -> bool:
    """Return whether an inbox is an import; it never grows."""
    return inbox_id.startswith(ID_PREFIX)


def import_path(inbox_dir: Path, inbox_id: str) -> Path:
    """Return the file of an import."""
    return inbox_dir / INBOX.format(f"import-{inbox_id.removeprefix(ID_PREFIX)[:32]}")


def list_imports(inbox_dir: Path) -> list[Path]:
    """Return the files of imports that retention has not removed yet."""
    return sorted(inbox_dir.glob(INBOX.format("import-*")))


@contextmanager
def importing(inbox_dir: Path) -> Iterator[None]:
    """Exclude other imports into this directory, and remove the files that a killed one left.

    Raises:
        ConfigurationError: The directory cannot be written.
        AlreadyServedError: Another import is running.
    """
    try:
        inbox_dir.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ConfigurationError(f"{inbox_dir} cannot be written: {exc.strerror}") from exc
    descriptor = hold(
        inbox_dir / IMPORT_LOCK,
        otherwise=AlreadyServedError(
            f"another import into {inbox_dir} is under way", hint="wait for it to end"
        ),
    )
    try:
        try:
            _clear_all(inbox_dir)
            yield
        finally:
            _clear_all(inbox_dir)
    finally:
        os.close(descriptor)


def make_import_inbox(
    inbox_dir: Path, history: HistoryFile, on_batch: Callable[[], None] = lambda: None
) -> ImportInbox:
    """Copy a history into an inbox file of its own, durably; call it while `importing`.

    Every event is one delivery, malformed ones included. An event without a time in the file is received now: we hold
    it from this moment on.

    Args:
        inbox_dir: The directory of the pipeline's inboxes.
        history: The file to read.
        on_batch: Called after each batch, for a progress bar.

    Raises:
        ConfigurationError: The history is damaged; nothing of it is imported.
        OSError, sqlite3.Error: The disk is full or not writable; nothing is imported.
    """
    unfinished = inbox_dir / UNFINISHED_IMPORT
    _clear(inbox_dir)
    with closing(open_for_writing(unfinished)) as connection:
        made = _fill(connection, history, on_batch)
        connection.execute("update meta set value = ? where key = 'inbox_id'", [made.inbox_id])
    path = import_path(inbox_dir, made.inbox_id)
    if made.deliveries and not path.exists():
        sync(unfinished)
        unfinished.rename(path)
        sync(inbox_dir)
    return made


def _fill(connection: sqlite3.Connection, history: HistoryFile, on_batch: Callable[[], None]) -> ImportInbox:
    now = time.time_ns() // 1000
    digest = sha256()
    deliveries = 0
    for batch in _batches(history.events()):
        rows = []
        for event in batch:
            body_sha256 = sha256(event.body).digest()
            digest.update(body_sha256)
            received_at = now if event.received_at is None else event.received_at
            rows.append((received_at, event.body, body_sha256, event.secret_id))
        connection.execute("begin immediate")
        connection.executemany(_INSERT, rows)
        connection.execute("commit")
        deliveries += len(rows)
        on_batch()
    return ImportInbox(history.name, ID_PREFIX + digest.hexdigest(), deliveries)


def _batches(events: Iterator[PastEvent]) -> Iterator[list[PastEvent]]:
    batch: list[PastEvent] = []
    size = 0
    for event in events:
        batch.append(event)
        size += len(event.body)
        if len(batch) >= BATCH_ROWS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _clear_all(inbox_dir: Path) -> None:
    for leftover in inbox_dir.glob(f"{IMPORT_SOURCE}*"):
        leftover.unlink(missing_ok=True)
    _clear(inbox_dir)


def _clear(inbox_dir: Path) -> None:
    just_begun = (inbox_dir / UNFINISHED_IMPORT).with_suffix(NEW_SUFFIX)
    for leftover in (just_begun, *inbox_dir.glob(f"{UNFINISHED_IMPORT}*")):
        leftover.unlink(missing_ok=True)
