"""Values spelled out in a statement: some take no parameters, and to bind the first DuckDB imports pandas: 0.2 s."""

from __future__ import annotations


def literal(value: str | int | None) -> str:
    """Return a value as SQL spells it."""
    if value is None:
        return "null"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
