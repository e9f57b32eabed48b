"""A model that is no table is part of the models that read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from cbw.errors import WarehouseError
from tests.sql.model_files import names, write_models
from transforms.definitions.graph import ModelGraph

if TYPE_CHECKING:
    from pathlib import Path

PART = "-- One row.\n-- key: a\n-- materialized: no\nselect a from raw_events\n"


def test_its_select_replaces_its_name(tmp_path: Path) -> None:
    graph = ModelGraph.from_directory(
        write_models(
            tmp_path,
            staging__s=PART,
            facts__f="select s.a, other.a as b from s inner join s as other on s.a = other.a",
        )
    )
    assert names(graph) == ["f"]
    assert graph["f"].inputs == {"raw_events"}
    with duckdb.connect() as connection:
        connection.execute("create table raw_events as select 7 as a")
        assert connection.execute(graph["f"].sql).fetchall() == [(7, 7)]
        restricted = graph["f"].restricted({"raw_events": "(select 8 as a)"})
        assert connection.execute(restricted).fetchall() == [(8, 8)]


def test_it_may_read_other_parts(tmp_path: Path) -> None:
    graph = ModelGraph.from_directory(
        write_models(
            tmp_path,
            staging__a_whole=PART.replace("raw_events", "z_part"),
            staging__z_part=PART,
            facts__f="select a from a_whole",
        )
    )
    assert names(graph) == ["f"]
    assert graph["f"].inputs == {"raw_events"}


@pytest.mark.parametrize(
    ("model", "option", "message"),
    [
        ("facts__m", "no", "m.sql: a published model must be a table"),
        (
            "staging__m",
            "no\n-- refresh by: a",
            "m.sql: '-- materialized: no' allows no line about stored rows",
        ),
        (
            "staging__m",
            "no\n-- stored by: a",
            "m.sql: '-- materialized: no' allows no line about stored rows",
        ),
        ("staging__m", "never", "m.sql: 'materialized' is never; say yes or no"),
    ],
)
def test_a_header_that_needs_a_table_is_refused(
    tmp_path: Path, model: str, option: str, message: str
) -> None:
    write_models(tmp_path, **{model: PART.replace("materialized: no", f"materialized: {option}")})
    with pytest.raises(WarehouseError, match=message):
        ModelGraph.from_directory(tmp_path)
