"""Hold the published tables of a store against the second oracle's: every column that both define, row by row."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from tests.second_oracle import UNDECIDED

Row = dict[str, Any]
Table = list[Row]
Values = list[Any]
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
        if table == "quarantine":
            own = _one_reason_each(own, rows)
        if table == "outside_the_figures":
            own = _without_reasons(own, rows)
        columns = _shared(own, rows, table, skipped)
        found = _table_differences(own, rows, columns)
        lines += [f"{table}: {line}" for line in found[:SHOWN]]
    return lines


def _renamed(row: Row, names: dict[str, str]) -> Row:
    """Name an event by the SHA-256 of the body that speaks for it, as the oracle does."""
    return row | {"event_key": names.get(row["event_key"], row["event_key"])} if "event_key" in row else row


def _one_reason_each(own: Table, rows: Table) -> Table:
    """Keep one row for each event: the reason that the oracle gives, if the product gives it among others."""
    wanted = {(row["event_key"], row["reason"]) for row in rows}
    ordered = sorted(own, key=lambda row: ((row["event_key"], row["reason"]) not in wanted, row["reason"]))
    return list({row["event_key"]: row for row in reversed(ordered)}.values())


def _without_reasons(own: Table, rows: Table) -> Table:
    """Add up the reasons of each kind, event type and currency; all currencies where the oracle decides on none."""
    undecided = {(row["kind"], row["event_type"]) for row in rows if row["currency"] is UNDECIDED}
    sums: dict[tuple[Any, ...], Row] = {}
    for row in own:
        name = (row["kind"], row["event_type"])
        currency = UNDECIDED if name in undecided else row["currency"]
        whole = sums.setdefault((*name, currency), row | {"currency": currency, "event_count": 0})
        if whole["event_count"]:
            amounts = [each["known_amount"] for each in (whole, row) if each["known_amount"] is not None]
            whole["known_amount"] = sum(amounts) if amounts else None
            whole["unknown_amount_count"] += row["unknown_amount_count"]
        whole["event_count"] += row["event_count"]
    for row in sums.values():
        del row["reason"]
    return list(sums.values())


def _shared(own: Table, rows: Table, table: str, skipped: frozenset[str]) -> list[str]:
    known = [set(side[0]) for side in (own, rows) if side]
    shared = set.intersection(*known) if known else set()
    return sorted(column for column in shared if f"{table}.{column}" not in skipped)


def _table_differences(own: Table, rows: Table, columns: list[str]) -> list[str]:
    """Pair the rows of one name that agree most, and say where a pair differs and which rows have no partner."""
    naming = [column for column in PAIRED_BY if column in columns]
    lines = []
    actual, wanted = _by_name(own, naming), _by_name(rows, naming)
    for name in sorted(actual.keys() | wanted.keys(), key=str):
        lines += _pair_differences(
            [[_plain(row[column]) for column in columns] for row in actual.get(name, [])],
            [[_plain(row[column]) for column in columns] for row in wanted.get(name, [])],
            columns,
            _shown(naming, list(name)),
        )
    return lines


def _by_name(rows: Table, naming: list[str]) -> dict[tuple[Any, ...], Table]:
    found: dict[tuple[Any, ...], Table] = {}
    for row in rows:
        found.setdefault(tuple(_plain(row[column]) for column in naming), []).append(row)
    return found


def _pair_differences(actual: list[Values], wanted: list[Values], columns: list[str], name: str) -> list[str]:
    lines = []
    for row in wanted:
        twin = min(actual, key=lambda other: len(_differing(other, row)), default=None)
        if twin is None:
            lines.append(f"missing {_shown(columns, row)}")
            continue
        actual.remove(twin)
        places = _differing(twin, row)
        values = ", ".join(f"{columns[p]} is {twin[p]!s} instead of {row[p]!s}" for p in places)
        lines += [f"{name}: {values}"] if places else []
    return lines + [f"unexpected {_shown(columns, row)}" for row in actual]


def _differing(actual: Values, wanted: Values) -> list[int]:
    return [
        place
        for place, value in enumerate(wanted)
        if value is not UNDECIDED and not _is_same(actual[place], value)
    ]


def _is_same(actual: Any, wanted: Any) -> bool:
    """Compare values; where a fraction meets a decimal, all but the last digits."""
    if isinstance(actual, float) != isinstance(wanted, float) and None not in {actual, wanted}:
        return _plain(float(actual)) == _plain(float(wanted))
    return bool(actual == wanted)


def _shown(columns: list[str], row: Values) -> str:
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
