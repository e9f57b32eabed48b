"""The header of a SQL file: the comment at its start."""

from __future__ import annotations

import re
from pathlib import Path

from cbw.errors import WarehouseError
from transforms.definitions.refresh_rule import RefreshRule

SQL_DIR = Path(__file__).resolve().parent.parent.parent / "sql"

_HEADER = re.compile(r"\A(?:--[^\n]*\n)+")
_OPTION = re.compile(r"^(key|severity|materialized|stored by|placed by|lists places by): *(.*)$")


def read_header(path: Path, text: str) -> tuple[str, dict[str, str]]:
    """Return a SQL file's first sentence and its ``name: value`` lines.

    Raises:
        WarehouseError: The file does not start with a comment.
    """
    lines = header_lines(path, text)
    return lines[0], {match[1]: match[2] for line in lines if (match := _OPTION.match(line))}


def read_rule(path: Path, text: str) -> RefreshRule:
    """Return the refresh rule in a SQL file's header.

    Raises:
        WarehouseError: A line of the rule is wrong.
    """
    try:
        return RefreshRule.from_header(header_lines(path, text))
    except ValueError as exc:
        raise WarehouseError(f"{path}: {exc}") from exc


def header_lines(path: Path, text: str) -> list[str]:
    """Return the lines of a SQL file's header, without their dashes.

    Raises:
        WarehouseError: The file does not start with a comment.
    """
    match = _HEADER.match(text)
    if match is None:
        raise WarehouseError(f"{path}: the first lines must say the grain and the key")
    return [line.removeprefix("--").strip() for line in match[0].splitlines()]
