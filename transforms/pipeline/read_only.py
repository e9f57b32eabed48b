"""The private files, opened for a command that only reads: it defines no macros and writes nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Self

from cbw.locks import hold_files
from transforms.definitions.graph import ModelGraph
from transforms.store.store import Store

if TYPE_CHECKING:
    from cbw.settings import Settings


class Reader:
    """Stands in for a `Pipeline` where an action only reads, and opens in a third of its time; a context manager too.

    Args:
        settings: The data directory.

    Raises:
        AlreadyServedError: A pipeline works on the same data directory.
        WarehouseError: A file is missing, cannot be opened or is of another release; a pipeline would repair that.
        ConfigurationError: The user's alias table is wrong.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.graph = ModelGraph.of_product()
        self._lock: int | None = hold_files(settings.data_dir)
        try:
            self.store = Store.open(settings, is_read_only=True)
        except BaseException:
            self._release_lock()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the files and release their lock; a second time does nothing."""
        self.store.close()
        self._release_lock()

    def _release_lock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def reopen(self, after: BaseException | None = None) -> None:
        """Close the files; where a failure reports damage, a pipeline restores the damaged file."""
        from transforms.pipeline.pipeline import Pipeline  # noqa: PLC0415 - most readers never need it

        self.close()
        with Pipeline(self.settings) as pipeline:
            pipeline.reopen(after)
