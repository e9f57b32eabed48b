"""Whether a data directory exists: a command that reports on one must not create an empty one first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbw.errors import WarehouseError

if TYPE_CHECKING:
    from pathlib import Path


def require_installation(data_dir: Path) -> None:
    """Refuse a data directory that does not exist: its name is most likely misspelt.

    Raises:
        WarehouseError: It does not exist.
    """
    if not data_dir.exists():
        raise WarehouseError(
            f"there is nothing at {data_dir}", hint="`cbw serve` starts the service, `cbw demo` shows it"
        )
