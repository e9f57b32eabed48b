"""The pipeline's sources: the inboxes in use, and the readable rows of those set aside."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from cbw.logs import Logger
from ingest.inbox.damage import is_damage, is_set_aside, list_set_aside
from ingest.inbox.reader import list_inboxes
from ingest.inbox.salvage import SalvageReader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

log = Logger(__name__)


class Sources:
    """The inboxes of a data directory; remembers the damage it has reported and the set-aside files it has read.

    Args:
        inbox_dir: Their directory.
    """

    def __init__(self, inbox_dir: Path) -> None:
        self._inbox_dir = inbox_dir
        self._reported: set[str] = set()
        self._emptied: set[str] = set()

    @contextmanager
    def opened(self) -> Iterator[list[SalvageReader]]:
        """Open every inbox that can be opened; a damaged one never keeps the pipeline from loading the others."""
        with ExitStack() as stack:
            readers = [
                stack.enter_context(reader)
                for path in [*list_set_aside(self._inbox_dir), *list_inboxes(self._inbox_dir)]
                if path.name not in self._emptied and (reader := self._open(path)) is not None
            ]
            yield readers
            for reader in readers:
                if reader.unreadable:
                    self._report(reader.path, unreadable=reader.unreadable)

    @property
    def damaged(self) -> set[str]:
        """The names of files that are set aside, or that this object has found damaged."""
        return self._reported | {path.name for path in list_set_aside(self._inbox_dir)}

    def note_emptied(self, readers: list[SalvageReader]) -> None:
        """Remember that these files are read to their end: nobody writes to a set-aside one."""
        for reader in readers:
            if is_set_aside(reader.path):
                self._emptied.add(reader.path.name)
                self._report(reader.path, unreadable=reader.unreadable)

    def _open(self, path: Path) -> SalvageReader | None:
        try:
            return SalvageReader(path)
        except sqlite3.DatabaseError as exc:
            if not is_damage(exc):
                raise
            self._report(path, unreadable=None)
            if is_set_aside(path):
                self._emptied.add(path.name)
            return None

    def _report(self, path: Path, *, unreadable: int | None) -> None:
        """Log once per process that a file is damaged, with the number of lost deliveries; None: all of them."""
        if path.name not in self._reported:
            self._reported.add(path.name)
            log.error("inbox.damaged", inbox=path.name, unreadable_deliveries=unreadable)
