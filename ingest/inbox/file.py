"""The inbox's SQLite file: its schema, its creation, and its connections.

A reader never sees an unfinished file: the writer builds it under another name and renames it into place.
"""

from __future__ import annotations

import sqlite3
import uuid
from contextlib import closing
from pathlib import Path

from cbw.durable import sync
from cbw.errors import InboxUnavailableError
from ingest.inbox.damage import DamagedError, set_aside, wal_of

BUSY_SECONDS = 1.0
NEW_SUFFIX = ".new"
"""The suffix of a file under construction."""

# Statement lists, one per schema version; a file at version n still needs MIGRATIONS[n:].
MIGRATIONS = (
    (
        "create table meta (key text primary key, value text not null) strict",
        """create table deliveries (
            seq integer primary key autoincrement,  -- never used twice, even after retention deleted the row
            received_at integer not null,           -- microseconds since the epoch, UTC
            body blob not null,                     -- the bytes on the wire, or the plaintext of INS
            body_sha256 blob not null,
            secret_id text not null,
            content_type text,
            peer text
        ) strict""",
    ),
)


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Return a connection whose every commit is fsynced before it returns; create a missing file.

    Raises:
        InboxUnavailableError: The file was written by a newer release.
        sqlite3.Error: The file cannot be used now, or is damaged (see `is_damage`).
        OSError: The file cannot be created.
    """
    if not path.exists():
        _create(path)
    _refuse_empty(path)
    connection = _connect(path, mode="rw")
    try:
        refuse_unmade(connection, path)
        _migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Return a read-only connection; it works next to a running writer, and after a killed one.

    Raises:
        sqlite3.Error: The file cannot be opened, or is empty.
    """
    _refuse_empty(path)
    return _connect(path, mode="ro")


def schema_version(connection: sqlite3.Connection) -> int:
    """Return the schema version that a file records; 0 for an empty database.

    Raises:
        InboxUnavailableError: The file was written by a newer release.
    """
    version = int(connection.execute("pragma user_version").fetchone()[0])
    if version > len(MIGRATIONS):
        raise InboxUnavailableError(
            f"the inbox has schema version {version}, and this release knows {len(MIGRATIONS)}",
            cause="storage",
            hint="run the release that wrote it, or a newer one",
        )
    return version


def refuse_unmade(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a file without a schema: an inbox gets its name only when it is whole.

    Raises:
        DamagedError: The file has lost its schema.
        InboxUnavailableError: The file was written by a newer release.
    """
    if schema_version(connection) == 0:
        raise DamagedError(f"{path.name} has lost its schema")


def reset_wal(connection: sqlite3.Connection) -> None:
    """Checkpoint the whole WAL into the database and truncate the WAL.

    After a failed fsync the kernel may drop the pages it could not write and report success the next time. A WAL that
    holds such frames must never grow: a power cut would truncate it there and lose deliveries that were acknowledged
    later. The checkpoint dirties the frames' pages again, in the database file, and its fsync reports the truth.

    Raises:
        InboxUnavailableError: A reader blocks the checkpoint; try again.
    """
    busy, _, _ = connection.execute("pragma wal_checkpoint(truncate)").fetchone()
    if busy:
        raise InboxUnavailableError("a reader keeps the WAL of the inbox from being reset", cause="storage")


def _connect(path: Path, *, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,  # we begin transactions ourselves
        check_same_thread=False,  # one thread at a time uses a connection; another may close it
        cached_statements=256,
    )
    connection.execute("pragma synchronous = full")
    return connection


def _refuse_empty(path: Path) -> None:
    """Refuse an empty file: SQLite would take it for a new database and delete its WAL."""
    if path.exists() and path.stat().st_size == 0:
        raise DamagedError(f"{path.name} is empty")


def _create(path: Path) -> None:
    unfinished = path.with_suffix(NEW_SUFFIX)
    for leftover in (unfinished, Path(f"{unfinished}-wal"), Path(f"{unfinished}-shm")):
        leftover.unlink(missing_ok=True)
    with closing(_connect(unfinished, mode="rwc")) as connection:
        connection.execute("pragma journal_mode = wal")
        _migrate(connection)
        connection.execute("insert into meta values ('inbox_id', ?)", [str(uuid.uuid4())])
    # The last connection checkpoints when it closes, so the file alone is the database.
    sync(unfinished)
    if wal_of(path).exists():  # SQLite would apply it to the new file
        set_aside(path)
    unfinished.rename(path)
    sync(path.parent)


def _migrate(connection: sqlite3.Connection) -> None:
    version = schema_version(connection)
    for number, statements in enumerate(MIGRATIONS[version:], start=version + 1):
        with connection:  # commits, or rolls back and raises
            connection.execute("begin immediate")
            for statement in statements:
                connection.execute(statement)
            connection.execute(f"pragma user_version = {number}")
