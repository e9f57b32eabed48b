"""Write ``events.duckdb`` anew: a page that an update or a delete freed goes on holding what was in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ingest.durable import sync
from transforms.store import STORAGE_VERSION, discard, quoted

if TYPE_CHECKING:
    from transforms.store import Store


def compact_events(store: Store) -> None:
    """Replace the file by a copy of what it holds, in one rename.

    Safe to kill at any moment, and to repeat. The store goes on with the new file.
    """
    path = store.data_dir / "events.duckdb"
    fresh = store.data_dir / "events.duckdb.compacting"
    discard(fresh)
    connection = store.connection
    connection.execute(
        f"attach {quoted(str(fresh))} as compacted (storage_version {quoted(STORAGE_VERSION)})"
    )
    try:
        # Load sequences in order are what makes a refresh skip the blocks of old rows.
        connection.execute("set preserve_insertion_order = true")
        connection.execute("copy from database events to compacted")
    finally:
        connection.execute("set preserve_insertion_order = false")
        connection.execute("detach compacted")
    sync(fresh)
    connection.execute("use memory")
    connection.execute("detach events")
    try:
        Path(f"{path}.wal").unlink(missing_ok=True)
        fresh.replace(path)
        sync(store.data_dir)
    finally:
        store.attach("events")
        store.use_tables()
