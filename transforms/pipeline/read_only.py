"""The private files, opened for a command that only reads them: no macros are made, and nothing is written."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Self

from cbw.locks import hold_files
from transforms.definitions.graph import ModelGraph
from transforms.store.store import Store

if TYPE_CHECKING:
    from cbw.settings import Settings


class Reader:
    """What an action that only reads asks of a `Pipeline`, in a third of the time; a context manager as well.

    Args:
        settings: Whose files.

    Raises:
        AlreadyServedError: A pipeline works on the same data directory.
        WarehouseError: A file is missing, cannot be opened or is of another release: a pipeline would mend that.
        ConfigurationError: The user's alias table is wrong.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.graph = ModelGraph.from_directory()
        self._lock: int | None = hold_files(settings.data_dir)
        try:
            self.store = Store.open(settings, is_read_only=True)
        except BaseException:
            self._let_go()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the files go; a second time does nothing."""
        self.store.close()
        self._let_go()

    def _let_go(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def reopen(self, after: BaseException | None = None) -> None:
        """Let the files go; if a failure says that one is damaged, that one is made again by a pipeline."""
        from transforms.pipeline.pipeline import Pipeline  # noqa: PLC0415 - most readers never need it

        self.close()
        with Pipeline(self.settings) as pipeline:
            pipeline.reopen(after)
