"""Hold the published tables of a store against the second oracle's: every column that both define, row by row."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
Table = list[Row]
# Names of the first columns that pair two differing rows for the eye, as far as both tables have them.
PAIRED_BY = (
    *("report_date", "sold_date", "sold_month", "month", "window_days", "horizon_days", "currency", "vendor"),
    *(
        "affiliate",
        "receipt",
        "role",
        "event_key",
        "item_index",
        "line_number",
        "item_no",
        "reason",
        "source",
    ),
)
SHOWN = 4
DIGITS = 12


def published(connection: Any, names: list[str]) -> dict[str, Table]:
    """Read published tables as rows."""
    tables = {}
    for name in names:
        cursor = connection.execute(f"select * from {name}")
        columns = [column[0] for column in cursor.description]
        tables[name] = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    return tables


def differences(actual: dict[str, Table], expected: dict[str, Table], skipped: frozenset[str]) -> list[str]:
    """Return a line for each differing row, the first few of each table.

    Args:
        actual: The product's tables.
        expected: The oracle's.
        skipped: `table.column` for columns that only share their name.
    """
    names = {row["event_key"]: row["body_sha256"] for row in actual["events"]}
    lines = []
    for table, rows in expected.items():
        own = [_renamed(row, names) for row in actual[table]]
        columns = _shared(own, rows, table, skipped)
        found = _table_differences(own, rows, columns)
        lines += [f"{table}: {line}" for line in found[:SHOWN]]
    return lines


def _renamed(row: Row, names: dict[str, str]) -> Row:
    """Name an event by the SHA-256 of the body that speaks for it, as the oracle does."""
    return row | {"event_key": names.get(row["event_key"], row["event_key"])} if "event_key" in row else row


def _shared(own: Table, rows: Table, table: str, skipped: frozenset[str]) -> list[str]:
    known = [set(side[0]) for side in (own, rows) if side]
    shared = set.intersection(*known) if known else set()
    return sorted(column for column in shared if f"{table}.{column}" not in skipped)


def _table_differences(own: Table, rows: Table, columns: list[str]) -> list[str]:
    actual = Counter(tuple(_plain(row[column]) for column in columns) for row in own)
    wanted = Counter(tuple(_plain(row[column]) for column in columns) for row in rows)
    only_actual, only_wanted = list((actual - wanted).elements()), list((wanted - actual).elements())
    pairing = [columns.index(column) for column in PAIRED_BY if column in columns]
    lines = []
    for row in only_wanted:
        name = [row[place] for place in pairing]
        twin = next((other for other in only_actual if [other[place] for place in pairing] == name), None)
        if twin is None:
            lines.append(f"missing {_shown(columns, row)}")
        else:
            only_actual.remove(twin)
            differing = [place for place in range(len(columns)) if twin[place] != row[place]]
            values = ", ".join(f"{columns[p]} is {twin[p]!r} instead of {row[p]!r}" for p in differing)
            lines.append(f"{_shown([columns[p] for p in pairing], tuple(name))}: {values}")
    return lines + [f"unexpected {_shown(columns, row)}" for row in only_actual]


def _shown(columns: list[str], row: tuple[Any, ...]) -> str:
    return " ".join(
        f"{column}={value}" for column, value in zip(columns, row, strict=True) if value is not None
    )


def _plain(value: Any) -> Any:
    """Return a value that equals the other side's: decimals exact, floats but for the last digits."""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, Decimal | int):
        return Decimal(value).normalize() + 0
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC)
    if isinstance(value, list | tuple):
        return tuple(_plain(element) for element in value)
    return value
