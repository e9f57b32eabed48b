"""Text cells of CSV files for people: a spreadsheet must show a sender's text, and never run it as a formula."""

from __future__ import annotations

import re
from typing import Any

# A formula's first character, also in full width and after blanks, and the control characters that a spreadsheet drops
# from the front of a cell; Python and DuckDB (RE2) read the pattern alike.
FORMULA = "^[ \\t\\r\\n\\v\\f]*[=+\\-@\uff1d\uff0b\uff0d\uff20]|^[\\t\\r\\n]"
_PATTERN = re.compile(FORMULA)


def safe(value: Any) -> Any:
    """Return a cell with an apostrophe in front of a text that would be a formula; other values stay as they are."""
    return f"'{value}" if isinstance(value, str) and _PATTERN.search(value) else value


def safe_sql(column: str) -> str:
    """Return the same as an SQL expression over a text column."""
    return f"case when regexp_matches({column}, '{FORMULA}') then '''' || {column} else {column} end"
