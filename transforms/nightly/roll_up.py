"""The roll-up: freeze the figures of every past day, and explain their changes since the previous night.

The SELECTs are in ``sql/roll_up``, the tables they add to in ``sql/nightly``. A frozen row never changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from cbw.duck import first_row, literal
from ingest.load.raw_events import watermark
from transforms.archive.nights import TABLES
from transforms.definitions.sql_file import SQL_DIR

if TYPE_CHECKING:
    import duckdb

    from transforms.store.store import Store


@dataclass(frozen=True, slots=True)
class RollUp:
    """One frozen night.

    Attributes:
        night: The date; the days before it are frozen with it.
        previous_night: The night frozen before it; None for the first.
        frozen_at: The instant of its figures.
        watermark: The last load sequence that they include.
        is_caught_up: Whether a later night was due already.
        figures_changed: Rows of ``nightly_figures`` added.
        days_restated: Rows of ``restatements`` added.
    """

    night: date
    previous_night: date | None
    frozen_at: datetime
    watermark: int
    is_caught_up: bool
    figures_changed: int = 0
    days_restated: int = 0


def owed(connection: duckdb.DuckDBPyConnection, night: date) -> list[date]:
    """Return the nights to freeze up to ``night``, in order: all since the last frozen one, or else this one alone."""
    last = _last(connection)
    if last is None:
        return [night]
    return [last[0] + timedelta(days=day) for day in range(1, (night - last[0]).days + 1)]


def frozen_last(connection: duckdb.DuckDBPyConnection) -> date | None:
    """Return the last frozen night; None when there is none."""
    last = _last(connection)
    return None if last is None else last[0]


def roll_up(store: Store, night: date, *, is_caught_up: bool) -> RollUp:
    """Freeze a night; the tables must be up to date with ``raw_events``.

    One transaction: killed at any moment, the night is frozen or still owed.

    Args:
        store: The private files.
        night: A night after the last frozen one.
        is_caught_up: Whether a later night is due already.
    """
    with store.transaction() as connection:
        previous_night, previous_watermark, previous_zone = _last(connection) or (None, 0, None)
        _set(connection, "night_date", f"date '{night}'")
        _set(
            connection,
            "previous_night_date",
            f"date '{previous_night}'" if previous_night else "cast(null as date)",
        )
        _set(connection, "previous_watermark", str(previous_watermark))
        _set(connection, "previous_report_zone", f"cast({literal(previous_zone)} as varchar)")
        added = {table: _add(connection, table) for table in TABLES}
        frozen = RollUp(
            night, previous_night, datetime.now(tz=UTC), watermark(connection), is_caught_up,
            added["nightly_figures"], added["restatements"],
        )  # fmt: skip
        connection.execute(
            "insert into events.main.nightly_roll_ups values (?, ?, ?, ?, ?, ?, ?, getvariable('report_zone'))",
            [
                night, previous_night, frozen.frozen_at, frozen.watermark, is_caught_up, frozen.figures_changed,
                frozen.days_restated,
            ],
        )  # fmt: skip
    return frozen


def _last(connection: duckdb.DuckDBPyConnection) -> tuple[date, int, str | None] | None:
    row = first_row(
        connection,
        "select night_date, watermark, report_zone from events.main.nightly_roll_ups order by night_date desc limit 1",
    )
    return None if row is None else (row[0], int(row[1]), row[2])


def _set(connection: duckdb.DuckDBPyConnection, name: str, value: str) -> None:
    connection.execute(f"set variable {name} = {value}")


def _add(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    sql = (SQL_DIR / "roll_up" / f"{table}.sql").read_text(encoding="utf-8")
    row = first_row(connection, f"insert into events.main.{table} {sql}")
    assert row is not None
    return int(row[0])
