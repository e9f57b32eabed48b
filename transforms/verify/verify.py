"""Prove that the incremental tables equal a full rebuild, and that no delivery was lost on the way."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cbw.data_dir import SPILL, make_below
from cbw.duck import literal
from ingest.inbox.reader import list_inboxes
from transforms.build.portions import bodies_within, conditions
from transforms.build.rebuild import rebuild
from transforms.store.files import discard
from transforms.store.gaps import read_gaps
from transforms.store.store import TABLE_FILE
from transforms.verify.archive import _compare_archive
from transforms.verify.inboxes import _compare_inbox
from transforms.verify.verification import SAMPLE_ROWS, Comparison, Verification

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from cbw.settings import Settings
    from transforms.definitions.graph import ModelGraph
    from transforms.definitions.model import Model
    from transforms.store.store import Store


def verify(
    store: Store,
    graph: ModelGraph,
    watermark: int,
    settings: Settings,
    *,
    on_model: Callable[[Model], None] | None = None,
    bodies: int | None = None,
) -> Verification:
    """Rebuild every table in a temporary file, and compare it with the real one.

    Then compare the published tables with the built ones, each inbox with the raw events loaded from it, and the
    archive with the raw events archived in it. Changes nothing. The tables must be up to date with ``watermark``, and
    published.

    Args:
        store: The private files.
        graph: The models.
        watermark: The last load sequence that the tables include.
        settings: The locations of the published file, the inboxes and the archive, and the memory limit.
        on_model: Called before each model is built, for a progress bar.
        bodies: The number of bodies to build and compare in one query; None for as many as fit into memory.
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
    gaps = tuple(gap.sentence for gap in read_gaps(store.connection))
    return Verification(started, watermark, seconds, comparisons, gaps)


@contextmanager
def _shadow(store: Store) -> Iterator[None]:
    path = store.data_dir / SPILL / "shadow.duckdb"
    make_below(store.data_dir, path.parent)
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
    """Compare two tables by value, one part after the other, because a wide table as a whole exceeds the memory."""
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
    """Return a table's number of rows, and the sum of their hashes."""
    rows, content = store.one(
        f"select count(*), coalesce(sum(cast(hash(t) as hugeint)), 0) from {table} as t"
    )
    return int(str(rows)), str(content)


def _compare_published(store: Store, graph: ModelGraph, link: Path) -> Iterator[Comparison]:
    """Compare each published table with the built one: by hash first, then row by row if the hashes differ."""
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
