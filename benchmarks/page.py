"""One page with all figures: a table for each benchmark, with a bar behind each number, scaled within its column."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .25rem .6rem; text-align: left; border-bottom: 1px solid #8884; }
td.number { text-align: right; font-variant-numeric: tabular-nums;
  background: linear-gradient(to left, #4a90d955 var(--share), transparent var(--share)); }
"""


def page(figures: dict[str, Any]) -> str:
    """Return a self-contained page of HTML.

    Args:
        figures: Benchmark -> its rows, each a mapping; a single mapping is one row, or a table for each of its lists.
    """
    parts = [_table(title, rows) for name, value in figures.items() for title, rows in _tables(name, value)]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Benchmarks</title><style>{STYLE}</style><h1>Benchmarks</h1>{''.join(parts)}</html>\n"
    )


def _tables(name: str, value: Any) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    if isinstance(value, list):
        yield name, value
    elif all(isinstance(rows, list) for rows in value.values()):
        yield from ((f"{name}: {part}", rows) for part, rows in value.items())
    else:
        yield name, [value]


def _table(name: str, rows: list[dict[str, Any]]) -> str:
    columns = list(rows[0]) if rows else []
    largest = {column: _largest(rows, column) for column in columns}
    head = "".join(f"<th>{escape(column.replace('_', ' '))}</th>" for column in columns)
    lines = (
        "<tr>" + "".join(_cell(row.get(column), largest[column]) for column in columns) + "</tr>"
        for row in rows
    )
    return (
        f"<h2>{escape(name)}</h2><table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    )


def _largest(rows: list[dict[str, Any]], column: str) -> float:
    return max((abs(row[column]) for row in rows if isinstance(row.get(column), int | float)), default=0)


def _cell(value: Any, largest: float) -> str:
    if not isinstance(value, int | float):
        return f"<td>{escape(str(value))}</td>"
    share = 100 * abs(value) / largest if largest else 0
    text = (
        f"{value:,}" if isinstance(value, int) else f"{value:,.3g}" if abs(value) < 100 else f"{value:,.0f}"
    )
    return f'<td class="number" style="--share:{share:.0f}%">{text}</td>'
