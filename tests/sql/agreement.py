"""Compare the tables that SQL built with the oracle's, row for row and column for column."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tests.sql.harness import GRAPH, rows_of

if TYPE_CHECKING:
    from transforms.store.store import Store

Row = dict[str, Any]
FLOAT_TOLERANCE = 1e-12
SHOWN = 5
_UNCOMPARED = frozenset({"metric_definitions"})


def differences(store: Store, expected: dict[str, list[Row]]) -> list[str]:
    """Return one line for each row or value in which SQL and oracle differ, the first few of each table.

    The comparison covers every column that the oracle has. SQL's `event_key` does not depend on the body that won;
    the comparison translates it to that body's SHA-256, which is the oracle's name for the event.
    """
    names = {row["event_key"]: row["body_sha256"] for row in rows_of(store, "events")}
    assert {model.name for model in GRAPH.published} == expected.keys() | _UNCOMPARED
    found = []
    for table, rows in expected.items():
        actual = [translated(row, names) for row in rows_of(store, table)]
        found += [f"{table}: {line}" for line in _table_differences(table, actual, rows)[:SHOWN]]
    return found


def translated(row: Row, names: dict[str, str]) -> Row:
    """Return a row of SQL's with the oracle's name for its event."""
    return row | ({"event_key": names.get(row["event_key"], row["event_key"])} if "event_key" in row else {})


def _table_differences(table: str, actual: list[Row], expected: list[Row]) -> list[str]:
    key = GRAPH[table].key
    held, wanted = _by_key(actual, key), _by_key(expected, key)
    lines = [f"{len(actual)} rows under {len(held)} keys"] if len(held) < len(actual) else []
    lines += [f"only in SQL: {held[each]}" for each in held.keys() - wanted.keys()]
    lines += [f"only in the oracle: {wanted[each]}" for each in wanted.keys() - held.keys()]
    for each in held.keys() & wanted.keys():
        lines += [
            f"{dict(zip(key, each, strict=True))} {column}: SQL {held[each][column]!r}, oracle {value!r}"
            for column, value in wanted[each].items()
            if not is_same(held[each][column], value)
        ]
    return lines


def _by_key(rows: list[Row], key: tuple[str, ...]) -> dict[tuple[Any, ...], Row]:
    return {tuple(row[column] for column in key): row for row in rows}


def is_same(actual: Any, expected: Any) -> bool:
    """Return whether two values are equal; floats may differ in their last digits."""
    if isinstance(actual, float) and isinstance(expected, float):
        return math.isclose(actual, expected, rel_tol=FLOAT_TOLERANCE)
    return bool(actual == expected) and isinstance(actual, bool) == isinstance(expected, bool)
