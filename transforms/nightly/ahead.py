"""Nights of a clock that was ahead: once a night is due by the present clock, they are withdrawn.

Frozen, they would keep every night up to their date from being frozen. Their copies stay in the archive, in a directory
of their own, and the night that withdraws them freezes the dates that are over again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbw.logs import Logger
from cbw.night_clock import latest_stamp
from transforms.archive.nights import FROZEN, archive_nights, withdraw_copies

if TYPE_CHECKING:
    from datetime import date

    import duckdb

    from transforms.store.store import Store

log = Logger(__name__)

# A night that was caught up is as good as the later one that caught it up.
_AHEAD = """
with nights as (
    select night_date, is_caught_up, night_date > {latest} or frozen_at > {stamp} as is_ahead
    from events.main.nightly_roll_ups
)
select night_date from nights
where (select bool_or(is_ahead) from nights) and night_date > coalesce(
    (select max(night_date) from nights where not is_ahead and not is_caught_up), date '-infinity'
)
order by night_date
"""
_UNTIMELY_RUNS = "night_date > {latest} or started_at > {stamp}"


def withdraw_nights_ahead(store: Store, latest: date) -> list[date]:
    """Withdraw the nights that a clock ahead of ours froze or ran, and return the frozen ones.

    Idempotent, and safe to kill at any moment: a night that is still archived under its name is restored when the files
    are opened, and withdrawn by the next call.

    Args:
        store: The private files.
        latest: The last night that has begun by the present clock.

    Raises:
        duckdb.Error, OSError: The disk is full or not writable; the nights are still there.
    """
    names = {"latest": f"date '{latest}'", "stamp": f"timestamptz '{latest_stamp().isoformat()}'"}
    nights = [row[0] for row in store.connection.execute(_AHEAD.format(**names)).fetchall()]
    if nights:
        archive_nights(store)
    with store.transaction() as connection:
        dates = _dates(nights)
        for table in FROZEN:
            connection.execute(f"delete from events.main.{table} where night_date in ({dates})")
        _forget_runs(connection, f"{_UNTIMELY_RUNS.format(**names)} or night_date in ({dates})")
    if nights:
        directory = withdraw_copies(store, nights)
        log.warning(
            "nightly.withdrawn",
            first=str(nights[0]), last=str(nights[-1]), nights=len(nights), copies=str(directory),
            why="a clock that was ahead froze them",
        )  # fmt: skip
    return nights


def _forget_runs(connection: duckdb.DuckDBPyConnection, condition: str) -> None:
    runs = f"select night_date from events.main.nightly_runs where {condition}"
    connection.execute(f"delete from events.main.nightly_steps where night_date in ({runs})")
    connection.execute(f"delete from events.main.nightly_runs where {condition}")


def _dates(nights: list[date]) -> str:
    return ", ".join(f"date '{night}'" for night in nights) or "null"
