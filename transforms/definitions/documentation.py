"""The comments of published tables and their columns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from transforms.definitions.comments import comments_of_defined
from transforms.definitions.sql_file import SQL_DIR, read_header

# The published tables without a model, by the folder of their definitions: OPERATIONS in `build`, NIGHTLY in `events`.
OPERATIONS = ("pipeline_runs", "check_results", "verifications")
NIGHTLY = (
    "nightly_runs", "nightly_steps", "nightly_roll_ups", "nightly_figures", "restatements", "restatement_events",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Documentation:
    """The comments of a published table.

    Attributes:
        grain: The table's comment: the meaning of one row.
        columns: The comment of each column.
    """

    grain: str
    columns: dict[str, str]


@cache
def documentation_of(folder: str, names: tuple[str, ...]) -> dict[str, Documentation]:
    """Return the comments of tables without a model, from their definitions."""
    documentation = {}
    for name in names:
        path = SQL_DIR / folder / f"{name}.sql"
        text = path.read_text(encoding="utf-8")
        documentation[name] = Documentation(read_header(path, text)[0], comments_of_defined(text))
    return documentation
