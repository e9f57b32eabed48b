"""Comments and docstrings name their actors. A clause that "what" begins has no noun, so "what" is rare."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("cbw", "ingest", "transforms", "benchmarks", "sql", "tests")
MOST_PER_THOUSAND = 3
WHATS = {"what", "whatever"}

_WORD = re.compile(r"[a-z]+")
_SQL_COMMENT = re.compile(r"--.*|/\*[\s\S]*?\*/")


def test_comments_and_docstrings_are_read_and_nothing_else_is() -> None:
    python = '"""Of a module."""\nx = "what"  # of a line\n"""Of x."""\ndef f():\n    """Of f."""\n    return "what"\n'
    assert sorted(_python_prose(python)) == ["# of a line", "Of a module.", "Of f.", "Of x."]
    sql = "select 'a' as what -- of a line\n/* of\na block */"
    assert list(_sql_prose(sql)) == ["-- of a line", "/* of\na block */"]


@pytest.mark.parametrize("package", PACKAGES)
def test_what_is_rare(package: str) -> None:
    """At most 3 in 1,000 words."""
    words, whats = 0, Counter[str]()
    for path in _files(package):
        found = _WORD.findall(" ".join(_prose(path)).lower())
        words += len(found)
        whats[str(path.relative_to(ROOT))] = sum(word in WHATS for word in found)
    share = 1000 * whats.total() / words
    assert share <= MOST_PER_THOUSAND, f"{package}: {share:.1f} in {words:,} words: {+whats}"


@pytest.mark.parametrize("package", PACKAGES)
def test_no_docstring_begins_with_what(package: str) -> None:
    first_words = {
        f"{path.relative_to(ROOT)}: {text[:60]}": _WORD.findall(text.lower())[:1]
        for path in _files(package)
        if path.suffix == ".py"
        for text in _docstrings(path.read_text(encoding="utf-8"))
    }
    assert [place for place, word in first_words.items() if WHATS.intersection(word)] == []


def _files(package: str) -> list[Path]:
    return [path for path in sorted((ROOT / package).rglob("*")) if path.suffix in {".py", ".sql"}]


def _prose(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    return _python_prose(text) if path.suffix == ".py" else _sql_prose(text)


def _python_prose(source: str) -> Iterator[str]:
    yield from _docstrings(source)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def _docstrings(source: str) -> Iterator[str]:
    """Give each text that is a statement of its own: docstrings, and those of attributes and constants."""
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            yield node.value.value


def _sql_prose(text: str) -> Iterator[str]:
    """Give each comment; our SQL has no comment mark within a literal."""
    return (match[0] for match in _SQL_COMMENT.finditer(text))
