"""The macros distinguish values that need no cleaning from those that do, in any spelling of a sender."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cbw.settings import load_settings
from tests.sql.harness import GRAPH
from transforms.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

BLANKS = " \t\n\r\f"
# Characters that a rule on the text of JSON must report, and others that it might misread.
TEXTS = st.text(st.sampled_from(BLANKS + '"\\{}[]:,a0é\u00a0'), max_size=6)
SCALARS = st.none() | st.booleans() | st.integers(0, 99) | TEXTS
VALUES = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(TEXTS, SCALARS, max_size=2)
KEYS = st.sampled_from(["title", "product_name", "name", "price", "price_cents", "customerAmount", "other"])
LINES = st.lists(st.dictionaries(KEYS, VALUES, max_size=4), min_size=1, max_size=3)
STRUCTURE = "'[' || getvariable('line_structure') || ']'"


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    store = Store.open(load_settings(data_dir=tmp_path_factory.mktemp("clean") / "data"))
    store.define_aliases(GRAPH)
    yield store.connection
    store.close()


def parsed(connection: duckdb.DuckDBPyConnection, lines: str, macro: str) -> list[dict[str, str | None]]:
    query = f"select list_transform(from_json(?, {STRUCTURE}), lambda l: {macro}(l))"
    [(found,)] = connection.execute(query, [lines]).fetchall()
    return list(found)


def has_clean_values(connection: duckdb.DuckDBPyConnection, lines: str) -> bool:
    [(found,)] = connection.execute("select has_clean_values(?)", [lines]).fetchall()
    return bool(found)


@given(lines=LINES, indent=st.sampled_from([None, 2]))
@example(lines=[{"title": "["}], indent=None)  # a sender may spell it as an escape, which parsing takes away
@example(lines=[{"title": " a"}], indent=None)
@example(lines=[{"title": "a\f"}], indent=None)
@example(lines=[{"title": {"a": 0}}], indent=None)
def test_what_is_taken_for_clean_is_read_as_if_it_were_cleaned(
    connection: duckdb.DuckDBPyConnection, lines: list[dict[str, object]], indent: int | None
) -> None:
    text = json.dumps(lines, ensure_ascii=False, indent=indent, separators=None if indent else (",", ":"))
    if has_clean_values(connection, text):
        assert parsed(connection, text, "clean_line") == parsed(connection, text, "line")


def test_an_ordinary_line_is_clean(connection: duckdb.DuckDBPyConnection) -> None:
    text = '[{"title":"Dog & Cat: 2nd ed.","price":79.5,"is_recurring":false,"name":null}]'
    assert has_clean_values(connection, text)
    assert parsed(connection, text, "clean_line")[0]["title"] == "Dog & Cat: 2nd ed."


@pytest.mark.parametrize("macro", ["line", "clean_line"])
def test_cents_are_marked_behind_the_value(connection: duckdb.DuckDBPyConnection, macro: str) -> None:
    assert parsed(connection, '[{"price_cents":7900}]', macro)[0]["price"] == "7900¢"


def test_blanks_around_cents_are_no_part_of_the_amount(connection: duckdb.DuckDBPyConnection) -> None:
    text = '[{"price_cents":" 7900 "}]'
    assert not has_clean_values(connection, text)
    assert parsed(connection, text, "line")[0]["price"] == "7900¢"
