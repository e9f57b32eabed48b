"""Compare every delivery of an inbox with ``raw_events``."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from ingest.inbox.damage import is_damage
from ingest.inbox.reader import InboxReader
from transforms.verify.verification import SAMPLE_ROWS, Comparison

if TYPE_CHECKING:
    from pathlib import Path

    from transforms.store.store import Store

BATCH_ROWS = 50_000


def _compare_inbox(store: Store, path: Path) -> Comparison:
    """Compare an inbox with the raw events loaded from it; a damaged inbox always counts as a difference."""
    try:
        return _compare_whole_inbox(store, path)
    except sqlite3.DatabaseError as exc:
        if not is_damage(exc):
            raise
        return Comparison(f"raw_events ({path.name})", 0, "0", 1, 0, (f"damaged: {exc}",))


def _compare_whole_inbox(store: Store, path: Path) -> Comparison:
    """Find the inbox rows up to the last loaded one that ``raw_events`` does not hold byte for byte."""
    row_count = content = last = 0
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
            row_count += len(batch)
            content += sum(int.from_bytes(digest[:8]) for _, digest in batch)
    examples = tuple(f"missing: inbox row {seq}" for seq in lost[:SAMPLE_ROWS])
    return Comparison(f"raw_events ({path.name})", row_count, str(content), len(lost), 0, examples)


def _loaded(store: Store, inbox_id: str, first: int, last: int) -> dict[int, str]:
    query = (
        "select inbox_sequence, body_sha256 from events.main.raw_events "
        "where inbox_id = ? and inbox_sequence between ? and ?"
    )
    return dict(store.connection.execute(query, [inbox_id, first, last]).fetchall())
