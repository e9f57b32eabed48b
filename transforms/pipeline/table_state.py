"""The state of the tables: the raw events they include, their definitions, and the version that readers have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.load.raw_events import watermark
from transforms.publish.versions import current_version
from transforms.store.state import FINGERPRINT, PUBLISHED_VERSION, WATERMARK, get_state

if TYPE_CHECKING:
    from transforms.store.store import Store

# Up to this number of new events a refresh is about a hundred small statements, worth planning once for many refreshes.
FEW_EVENTS = 5_000
# Above this share of new events a full build costs no more than a refresh.
LARGEST_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class TableState:
    """The state of the tables at one moment.

    Attributes:
        built: The last load sequence they include; None before the first build.
        loaded: The last load sequence in ``raw_events``.
        is_same_build: Whether they were built by these definitions, aliases and report zone.
        is_published: Whether readers have them.
    """

    built: int | None
    loaded: int
    is_same_build: bool
    is_published: bool

    @classmethod
    def of(cls, store: Store, fingerprint: str) -> TableState:
        """Read the state from an open store; ``fingerprint`` is that of the definitions, aliases and zone in use."""
        built = get_state(store.connection, WATERMARK)
        published = get_state(store.connection, PUBLISHED_VERSION)
        return cls(
            built=None if built is None else int(built),
            loaded=watermark(store.connection),
            is_same_build=get_state(store.connection, FINGERPRINT) == fingerprint,
            is_published=published is not None and published == str(current_version(store.data_dir)),
        )

    @property
    def watermark(self) -> int:
        """The last load sequence the tables include; 0 before the first build."""
        return self.built or 0

    @property
    def is_stale(self) -> bool:
        """Whether they must be built or refreshed."""
        return self.built != self.loaded or not self.is_same_build

    def mode(self, *, full: bool) -> str:
        """Return ``incremental`` where few events are new, else ``full``."""
        is_little = 0 < self._new_events <= self.watermark * LARGEST_SHARE
        return "incremental" if self.is_same_build and not full and is_little else "full"

    def threads(self, mode: str) -> int | None:
        """Return the number of threads for a mode; None for one a core.

        A refresh always has one: with several, DuckDB may lose rows in the joins by which it finds changed rows
        (`transforms.store.optimizers`).
        """
        return 1 if mode == "incremental" else None

    @property
    def is_little_behind(self) -> bool:
        """Whether so few events are new that a refresh is about a hundred small statements."""
        return self._new_events <= FEW_EVENTS

    @property
    def _new_events(self) -> int:
        return self.loaded - self.watermark
