"""A failure in words fit to show: DuckDB quotes the values at which it failed, and they are customers' data."""

from __future__ import annotations

import re

import duckdb

# Errors about values; all other errors quote names of ours, such as tables and files.
_ABOUT_VALUES = (duckdb.DataError, duckdb.IntegrityError, duckdb.InvalidInputException)
_QUOTED = re.compile(r"['\"].*")


def describe(error: BaseException) -> str:
    """Return an error's class and message on one line, without the values that the message quotes.

    The line of our SQL that DuckDB points to stays: values are always bound, so it holds none.
    """
    text = " ".join(str(error).split())
    if isinstance(error, _ABOUT_VALUES):
        message, mark, statement = text.partition(" LINE ")
        text = _QUOTED.sub("(value left out)", message) + mark + statement
    return f"{type(error).__name__}: {text}"
