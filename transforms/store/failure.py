"""A failure in words that may be shown: DuckDB quotes the values it stumbled over, and they are customers' data."""

from __future__ import annotations

import re

import duckdb

# Errors about values; all others quote names of ours, such as tables and files.
_ABOUT_VALUES = (duckdb.DataError, duckdb.IntegrityError, duckdb.InvalidInputException)
_QUOTED = re.compile(r"['\"].*")


def describe(error: BaseException) -> str:
    """Return an error's class and words on one line, without any value that is quoted in them.

    The line of our SQL that DuckDB points to is kept: it holds no value, since values are always bound.
    """
    text = " ".join(str(error).split())
    if isinstance(error, _ABOUT_VALUES):
        message, mark, statement = text.partition(" LINE ")
        text = _QUOTED.sub("(value left out)", message) + mark + statement
    return f"{type(error).__name__}: {text}"
