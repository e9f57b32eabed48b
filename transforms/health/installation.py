"""Whether there is anything at a data directory: a command that answers about one must not make an empty one first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbw.errors import WarehouseError

if TYPE_CHECKING:
    from pathlib import Path


def require_installation(data_dir: Path) -> None:
    """Refuse a data directory that nobody has made: it is most likely misspelt.

    Raises:
        WarehouseError: There is nothing.
    """
    if not data_dir.exists():
        raise WarehouseError(
            f"there is nothing at {data_dir}", hint="`cbw serve` starts the service, `cbw demo` shows it"
        )
