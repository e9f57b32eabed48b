"""Erase a person's data from everything that keeps bodies: the inboxes, the archive and ``raw_events``.

The request is recorded first. So every later load redacts, and repeating an interrupted erasure finishes it. Each place
changes by a commit or a rename of its own, and a search in redacted bodies finds nothing. Then the tables are built and
published again: they hold no body, but the unused end of a block may hold a piece of one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import pandas as pd

from cbw.data_dir import make_below
from cbw.errors import WarehouseError
from ingest.inbox.reader import list_inboxes
from transforms.archive.archive import clear_unlisted
from transforms.archive.check import verify_archive
from transforms.archive.manifest import ArchiveManifest
from transforms.archive.rewrite import rewrite_archive
from transforms.privacy.compaction import compact_events
from transforms.privacy.inbox_redaction import redact_inbox
from transforms.store import erasures

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cbw.settings import Settings
    from transforms.privacy.redaction import Redactor
    from transforms.store.store import Store

BATCH_ROWS = 5_000
# Files that a recovery or a request set aside are the operator's: their names are reported.
ASIDE = (
    "*.duckdb.corrupt-*",
    "*.duckdb.behind-*",
    "*.duckdb.replaced-*",
    "*.duckdb.lost-*",
    "inbox/*.corrupt-*",
)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The extent of an erasure, done or planned.

    Attributes:
        bodies: The number of distinct bodies that name the person.
        deliveries: The number of raw events that hold them.
        inbox_rows: The number of deliveries redacted in inboxes.
        archive_files: The number of archive files written again.
        kept: The paths where the address stays, because a fact is read from there, each with its number of bodies.
        set_aside: The files that may still hold the person's data, and are the operator's to delete.
    """

    bodies: int
    deliveries: int
    inbox_rows: int
    archive_files: int
    kept: dict[str, int]
    set_aside: tuple[str, ...]

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Return the value that `dataclasses.asdict` made these from."""
        return cls(**values | {"set_aside": tuple(values["set_aside"])})


@dataclass(frozen=True, slots=True)
class PersonBodies:
    """The bodies of a person in ``raw_events``; their redacted forms are in the temporary table ``redacted``."""

    bodies: int
    deliveries: int
    kept: dict[str, int]


def find_person(store: Store, redactor: Redactor) -> PersonBodies:
    """Find the bodies that name a person, and leave their redacted forms in the temporary table ``redacted``."""
    connection = store.connection
    connection.execute("create or replace temp table redacted (sequence bigint, body blob, document varchar)")
    bodies: set[str] = set()
    kept: dict[str, int] = {}
    deliveries = 0
    for rows in _batches(store):
        edits = []
        for sequence, body, body_sha256 in rows:
            redaction = redactor.redact(body)
            if redaction is None:
                continue
            bodies.add(body_sha256)
            deliveries += 1
            for path in redaction.kept:
                kept[path] = kept.get(path, 0) + 1
            if redaction.body != body:
                edits.append((sequence, redaction.body, redaction.document))
        _add(store, edits)
    return PersonBodies(len(bodies), deliveries, kept)


def _batches(store: Store) -> Iterator[list[tuple[int, bytes, str]]]:
    last = 0
    while rows := store.connection.execute(
        "select sequence, body, body_sha256 from events.raw_events where sequence > ? order by sequence limit ?",
        [last, BATCH_ROWS],
    ).fetchall():
        yield rows
        last = rows[-1][0]


def _add(store: Store, edits: list[tuple[int, bytes, str | None]]) -> None:
    if not edits:
        return
    sequences, bodies, documents = (pd.Series(column, dtype=object) for column in zip(*edits, strict=True))
    edited = pd.DataFrame({"sequence": sequences, "body": bodies, "document": documents})
    store.connection.register("edited", edited)
    store.connection.execute("insert into redacted select sequence::bigint, body, document from edited")
    store.connection.unregister("edited")


def require_whole_archive(settings: Settings) -> None:
    """Refuse an erasure while a file of the archive is missing or damaged.

    Raises:
        WarehouseError: The archive is incomplete; the message names the files.
    """
    faults = verify_archive(settings.archive_dir)
    if faults:
        raise WarehouseError(
            f"nothing is erased, because the archive is not whole: {', '.join(map(str, faults[:3]))}",
            hint="put the files back, or move the archive away: the next nightly job writes it again",
        )


def record_request(store: Store, settings: Settings, key: tuple[str, str], person: PersonBodies) -> None:
    """Record the request durably, in the archive too, before anything is changed."""
    with store.transaction() as connection:
        connection.execute(
            "insert into events.erasures values (now(), null, ?, ?, ?, ?)",
            [*key, person.bodies, person.deliveries],
        )
    _write_erasures(store, settings)


def complete(store: Store, settings: Settings, key: tuple[str, str]) -> None:
    """Record that the request is done."""
    with store.transaction() as connection:
        connection.execute(
            "update events.erasures set completed_at = now() "
            "where salt = ? and request_digest = ? and completed_at is null",
            [*key],
        )
    _write_erasures(store, settings)
    store.checkpoint()


def _write_erasures(store: Store, settings: Settings) -> None:
    """Write the erasures into the archive's manifest, so that a restore keeps them in force."""
    make_below(settings.data_dir, settings.archive_dir)
    manifest = ArchiveManifest.read(settings.archive_dir)
    replace(manifest, erasures=erasures.as_plain(store.connection)).write(settings.archive_dir)


def redact_everywhere(
    store: Store, settings: Settings, redactor: Redactor, person: PersonBodies
) -> Forgotten:
    """Redact inboxes, archive and raw events, each by a commit or rename of its own."""
    rows = sum(redact_inbox(path, redactor, is_dry_run=False) for path in list_inboxes(settings.inbox_dir))
    files = rewrite_archive(store, settings.archive_dir)
    clear_unlisted(store, settings.archive_dir, ArchiveManifest.read(settings.archive_dir))
    with store.transaction() as connection:
        connection.execute(
            "update events.raw_events set body = redacted.body, document = redacted.document "
            "from redacted where raw_events.sequence = redacted.sequence"
        )
    store.connection.execute("drop table redacted")
    compact_events(store)
    return Forgotten(
        person.bodies, person.deliveries, rows, files, person.kept, set_aside_files(settings.data_dir)
    )


def set_aside_files(data_dir: Path) -> tuple[str, ...]:
    """Return the files that a recovery or a request set aside: they are the operator's to delete."""
    return tuple(
        sorted(path.relative_to(data_dir).as_posix() for pattern in ASIDE for path in data_dir.glob(pattern))
    )
