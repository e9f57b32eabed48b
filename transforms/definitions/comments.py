"""The comments of columns, which the SQL files write at the end of the line where a column ends.

We read them by line instead of with a parser of SQL: to parse all published models takes a third of a command's time.
"""

from __future__ import annotations

import re

# The final SELECT is the last one that begins a line, and its FROM begins a line, too.
_FINAL_COLUMNS = re.compile(r"^select\b(?:(?!^select\b|^from\b).)*", re.MULTILINE | re.DOTALL)
_OF_SELECTED = re.compile(r"(\w+),?[ ]+-- (.+)$", re.MULTILINE)
_OF_DEFINED = re.compile(r"^[ ]+(\w+) (?:(?!--).)*-- (.+)$", re.MULTILINE)


def comments_of_selected(sql: str) -> dict[str, str]:
    """Return the comment of each column of a SELECT that has one."""
    return dict(_OF_SELECTED.findall(_FINAL_COLUMNS.findall(sql)[-1]))


def comments_of_defined(sql: str) -> dict[str, str]:
    """Return the comment of each column of a CREATE TABLE that has one."""
    return dict(_OF_DEFINED.findall(sql))
