"""Prove that the incremental tables are what a full rebuild gives, and that nothing was lost on the way."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cbw.duck import literal
from ingest.inbox.damage import is_damage
from ingest.inbox.reader import InboxReader, list_inboxes
from transforms.archive.check import archived_rows, verify_archive
from transforms.archive.manifest import ArchiveManifest
from transforms.build.portions import bodies_within, conditions
from transforms.build.rebuild import rebuild
from transforms.store.files import discard
from transforms.store.store import TABLE_FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    import duckdb

    from cbw.settings import Settings
    from transforms.definitions.checks import CheckResult
    from transforms.definitions.graph import ModelGraph
    from transforms.definitions.model import Model
    from transforms.store.store import Store

SAMPLE_ROWS = 5
BATCH_ROWS = 50_000
# Before the name of a check in the record of a verification.
CHECK = "check: "


@dataclass(frozen=True, slots=True)
class Comparison:
    """One table beside its rebuild, or ``raw_events`` beside one inbox it was loaded from, or the archive.

    Attributes:
        table: Its name; that name behind ``published`` for what readers open; ``raw_events`` with the inbox's file, or
            ``archive``, in parentheses.
        row_count: Rows it holds.
        content_hash: The same for the same rows in any order.
        missing: Rows that only the rebuild, or the inbox, has.
        unexpected: Rows that only the table has.
        examples: Some of the rows that differ, each with ``missing`` or ``unexpected`` in front.
    """

    table: str
    row_count: int
    content_hash: str
    missing: int
    unexpected: int
    examples: tuple[str, ...] = ()

    @property
    def is_equal(self) -> bool:
        """Whether the two are the same, row for row."""
        return self.missing == 0 and self.unexpected == 0


@dataclass(frozen=True, slots=True)
class Verification:
    """What comparing every table found.

    Attributes:
        verified_at: When it began.
        watermark: The last load sequence it covers.
        seconds: How long it took.
        comparisons: One for each table.
    """

    verified_at: datetime
    watermark: int
    seconds: float
    comparisons: tuple[Comparison, ...]

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Verification:
        """Return what JSON was made of with `dataclasses.asdict`."""
        comparisons = (
            Comparison(**each | {"examples": tuple(each["examples"])}) for each in values["comparisons"]
        )
        return cls(
            datetime.fromisoformat(values["verified_at"]),
            values["watermark"],
            values["seconds"],
            tuple(comparisons),
        )

    @property
    def is_equal(self) -> bool:
        """Whether every table is what a full rebuild gives."""
        return all(comparison.is_equal for comparison in self.comparisons)

    @property
    def outcome(self) -> str:
        """Say whether they are equal, for people."""
        if self.is_equal:
            return "every table is what a full rebuild gives"
        return "tables differ from a full rebuild, from what is published, from an inbox or from the archive"


def verify(
    store: Store,
    graph: ModelGraph,
    watermark: int,
    settings: Settings,
    *,
    on_model: Callable[[Model], None] | None = None,
    bodies: int | None = None,
) -> Verification:
    """Build every table again beside the real ones, in a file of its own, and compare them.

    Then compare what readers open with the tables, each inbox with what was loaded from it, and the archive with what
    was archived.
    Changes nothing. The tables must be up to date with ``watermark``, and published.

    Args:
        store: The private files.
        graph: The models.
        watermark: The load sequence that the tables include.
        settings: Where the inboxes and the archive are.
        on_model: Called before each model is built, for a progress bar.
        bodies: How many bodies are built and compared at once; None for as many as the memory suffices for.
    """
    bodies = bodies or bodies_within(settings.memory_limit_bytes)
    started = datetime.now(tz=UTC)
    with _shadow(store):
        rebuild(store.connection, graph, schema="shadow.main", on_model=on_model, bodies=bodies)
        comparisons = tuple(
            _compare(
                store, model.name, f"build.main.{model.name}", f"shadow.main.{model.name}",
                tuple(conditions(model, watermark, bodies=bodies)),
            )
            for model in graph.models
        )  # fmt: skip
    comparisons += tuple(_compare_published(store, graph, settings.warehouse_path))
    comparisons += tuple(_compare_inbox(store, path) for path in list_inboxes(settings.inbox_dir))
    comparisons += _compare_archive(store, settings.archive_dir)
    seconds = (datetime.now(tz=UTC) - started).total_seconds()
    return Verification(started, watermark, seconds, comparisons)


@contextmanager
def _shadow(store: Store) -> Iterator[None]:
    path = store.data_dir / "tmp" / "shadow.duckdb"
    path.parent.mkdir(parents=True, exist_ok=True)
    discard(path)
    connection = store.connection
    connection.execute(f"attach {literal(str(path))} as shadow ({TABLE_FILE})")
    connection.execute("set search_path = 'shadow.main,events.main,memory.main'")
    try:
        yield
    finally:
        store.use_tables()
        connection.execute("detach shadow")
        discard(path)


def _compare(
    store: Store, name: str, table: str, shadow: str, parts: Iterable[str] = ("true",)
) -> Comparison:
    """Compare two tables by value; the rows that meet each condition apart, for wide tables do not fit into memory."""
    rows, content = _content(store, table)
    missing = [_difference(shadow, table, part) for part in parts]
    unexpected = [_difference(table, shadow, part) for part in parts]
    counts = [
        sum(int(str(store.one(f"select count(*) from ({query}) as d")[0])) for query in queries)
        for queries in (missing, unexpected)
    ]
    examples = [
        f"{kind}: {row}"
        for kind, queries, count in zip(("missing", "unexpected"), (missing, unexpected), counts, strict=True)
        if count
        for row in store.connection.execute(f"{' union all '.join(queries)} limit {SAMPLE_ROWS}").fetchall()
    ]
    return Comparison(name, rows, content, counts[0], counts[1], tuple(examples))


def _difference(one: str, other: str, part: str) -> str:
    return f"(select * from {one} where {part} except all select * from {other} where {part})"


def _content(store: Store, table: str) -> tuple[int, str]:
    """Return how many rows a table has, and a sum of their hashes."""
    rows, content = store.one(
        f"select count(*), coalesce(sum(cast(hash(t) as hugeint)), 0) from {table} as t"
    )
    return int(str(rows)), str(content)


def _compare_published(store: Store, graph: ModelGraph, link: Path) -> Iterator[Comparison]:
    """Compare what readers open with what was built, row by row where the hashes differ."""
    if not link.exists():
        return
    store.connection.execute(f"attach {literal(str(link.resolve()))} as readers (read_only)")
    try:
        for model in graph.published:
            name, built, read = (
                f"published {model.name}",
                f"(select {graph.shown(model)} from build.main.{model.name})",
                f"readers.main.{model.name}",
            )
            rows, content = _content(store, read)
            if (rows, content) == _content(store, built):
                yield Comparison(name, rows, content, 0, 0)
            else:
                yield _compare(store, name, read, built)
    finally:
        store.connection.execute("detach readers")


def _compare_inbox(store: Store, path: Path) -> Comparison:
    """Compare an inbox with what was loaded from it; one that is damaged differs, whatever it still holds."""
    try:
        return _compare_whole_inbox(store, path)
    except sqlite3.DatabaseError as exc:
        if not is_damage(exc):
            raise
        return Comparison(f"raw_events ({path.name})", 0, "0", 1, 0, (f"damaged: {exc}",))


def _compare_whole_inbox(store: Store, path: Path) -> Comparison:
    """Find the rows of an inbox, up to where it was loaded, that ``raw_events`` does not hold byte for byte."""
    held = content = last = 0
    lost: list[int] = []
    with InboxReader(path) as inbox:
        (position,) = store.one(
            "select coalesce(max(inbox_sequence), 0) from events.main.inbox_positions where inbox_id = ?",
            [inbox.inbox_id],
        )
        while batch := inbox.digests_after(last, int(str(position)), BATCH_ROWS):
            first, last = batch[0][0], batch[-1][0]
            loaded = _loaded(store, inbox.inbox_id, first, last)
            lost += [seq for seq, digest in batch if loaded.get(seq) != digest.hex()]
            held += len(batch)
            content += sum(int.from_bytes(digest[:8]) for _, digest in batch)
    examples = tuple(f"missing: inbox row {seq}" for seq in lost[:SAMPLE_ROWS])
    return Comparison(f"raw_events ({path.name})", held, str(content), len(lost), 0, examples)


def _loaded(store: Store, inbox_id: str, first: int, last: int) -> dict[int, str]:
    query = (
        "select inbox_sequence, body_sha256 from events.main.raw_events "
        "where inbox_id = ? and inbox_sequence between ? and ?"
    )
    return dict(store.connection.execute(query, [inbox_id, first, last]).fetchall())


def _compare_archive(store: Store, directory: Path) -> tuple[Comparison, ...]:
    """Find files that are not what the manifest says, and rows that are not what ``raw_events`` holds."""
    manifest = ArchiveManifest.read(directory)
    if not manifest.files:
        return ()
    faults = verify_archive(directory)
    whole = [file for file in manifest.files if file not in {fault.file for fault in faults}]
    archived = archived_rows(directory, whole)
    held = f"(select * from events.main.raw_events where sequence <= {manifest.through})"
    differs = "using (sequence) where hash(a) is distinct from hash(r)"
    missing = f"select r.sequence from {held} as r left join {archived} as a {differs}"
    unexpected = f"select a.sequence from {archived} as a left join {held} as r {differs}"
    content, lost, foreign = store.one(
        f"select (select coalesce(sum(cast(hash(a) as hugeint)), 0) from {archived} as a), "
        f"(select count(*) from ({missing})), (select count(*) from ({unexpected}))"
    )
    examples = [*map(str, faults)]
    for kind, query in (("missing", missing), ("unexpected", unexpected)):
        rows = store.connection.execute(f"{query} order by 1 limit {SAMPLE_ROWS}").fetchall()
        examples += [f"{kind}: load sequence {sequence}" for (sequence,) in rows]
    numbers = (manifest.rows, str(content), int(str(lost)), int(str(foreign)))
    return (Comparison("raw_events (archive)", *numbers, tuple(examples)),)


def record(connection: duckdb.DuckDBPyConnection, found: Verification, checks: Iterable[CheckResult]) -> None:
    """Write what a verification found in place of the one before; the caller owns the transaction."""
    connection.execute("delete from build.verifications")
    rows = [
        (item.table, item.row_count, item.content_hash, item.missing, item.unexpected)
        for item in found.comparisons
    ]
    rows += [(f"{CHECK}{check.name}", 0, "", 0, check.violations) for check in checks]
    for row in rows:
        connection.execute(
            "insert into build.verifications values (?, ?, ?, ?, ?, ?, ?)",
            [found.verified_at, found.watermark, *row],
        )
