"""What published tables say about themselves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from transforms.definitions.sql_file import SQL_DIR, read_header

# The tables that no model makes, by the folder of their definitions: those are in `build`, these in `events`.
OPERATIONS = ("pipeline_runs", "check_results", "verifications")
NIGHTLY = (
    "nightly_runs", "nightly_steps", "nightly_roll_ups", "nightly_figures", "restatements", "restatement_events",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Documentation:
    """What a published table says about itself."""

    grain: str
    columns: dict[str, str]


@cache
def documentation_of(folder: str, names: tuple[str, ...]) -> dict[str, Documentation]:
    """Return what tables that no model makes say of themselves, from their definitions."""
    import sqlglot  # noqa: PLC0415 - who only needs the tables' names does without it

    found = {}
    for name in names:
        path = SQL_DIR / folder / f"{name}.sql"
        text = path.read_text(encoding="utf-8")
        columns = {
            column.name: " ".join(comment for node in column.walk() for comment in node.comments or [])
            for column in sqlglot.parse_one(text, read="duckdb").find_all(sqlglot.exp.ColumnDef)
        }
        found[name] = Documentation(read_header(path, text)[0], columns)
    return found
