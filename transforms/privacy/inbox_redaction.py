"""Redact deliveries of erased people in inboxes, while the receiver goes on writing."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from ingest.inbox.file import open_for_writing, reset_wal
from ingest.inbox.reader import list_inboxes
from transforms.privacy.fact_paths import FactPaths
from transforms.privacy.redaction import Redactor
from transforms.store.erasures import ErasureList

if TYPE_CHECKING:
    from pathlib import Path

    from cbw.settings import Settings
    from transforms.privacy.redaction import Redacts
    from transforms.store.store import Store

BATCH_ROWS = 500


def redact_inboxes(store: Store, settings: Settings) -> int:
    """Redact bodies that were delivered again after an erasure, and return the number of rows.

    Their raw events are redacted already; without this step the inbox keeps the bodies until it is pruned.
    """
    erased = ErasureList.read(store.connection)
    if not erased:
        return 0
    redactor = Redactor(erased, FactPaths(store.aliases))
    return sum(redact_inbox(path, redactor, is_dry_run=False) for path in list_inboxes(settings.inbox_dir))


def redact_inbox(path: Path, redactor: Redacts, *, is_dry_run: bool) -> int:
    """Redact an inbox while its writer lives, in small transactions, and leave no old bytes in the file."""
    changed = last = 0
    with closing(open_for_writing(path)) as connection:
        connection.execute("pragma secure_delete = on")
        while rows := connection.execute(
            "select seq, body from deliveries where seq > ? order by seq limit ?", [last, BATCH_ROWS]
        ).fetchall():
            last = rows[-1][0]
            redactions = [(redactor.redact(body), body, seq) for seq, body in rows]
            edits = [
                (each.body, seq) for each, body, seq in redactions if each is not None and each.body != body
            ]
            changed += len(edits)
            if edits and not is_dry_run:
                connection.execute("begin immediate")
                connection.executemany("update deliveries set body = ? where seq = ?", edits)
                connection.execute("commit")
        if changed and not is_dry_run:
            reset_wal(connection)
    return changed
