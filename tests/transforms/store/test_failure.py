"""The record of a failed run holds the reason, and no value of any customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from tests.histories import receive, sale, settings_for
from transforms.definitions.checks import Check
from transforms.definitions.refresh_rule import RefreshRule
from transforms.pipeline.pipeline import Pipeline
from transforms.store.failure import describe
from transforms.store.heartbeat import Heartbeat

if TYPE_CHECKING:
    from pathlib import Path

PRIVATE = "ada@example.com"


@pytest.mark.parametrize(
    "sql",
    [
        "select cast(x as integer) from people",
        "select cast(x as date) from people",
        "select json_extract('{' || x, '$.a') from people",
        "select strptime(x, '%Y') from people",
        "insert into people select x from people",
    ],
)
def test_a_value_is_never_shown(sql: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("create table people (x varchar primary key)")
        connection.execute("insert into people values (?)", [PRIVATE])
        with pytest.raises(duckdb.Error) as caught:
            connection.execute(sql).fetchall()
    assert PRIVATE in str(caught.value)  # or there would be nothing to leave out
    assert PRIVATE not in describe(caught.value)
    assert describe(caught.value).startswith(f"{type(caught.value).__name__}: ")


def test_a_name_of_ours_is_shown() -> None:
    with duckdb.connect() as connection, pytest.raises(duckdb.Error) as caught:
        connection.execute("select * from 'no such file.parquet'")
    assert "no such file.parquet" in describe(caught.value)
    assert describe(OSError(28, "No space left on device")) == "OSError: [Errno 28] No space left on device"


def test_a_run_that_fails_at_a_value_says_where_and_not_at_which(tmp_path: Path) -> None:
    rule = RefreshRule()
    stumbling = Check(
        "receipts_are_numbers", "select receipt from fct_sales where cast(receipt as integer) > 0", rule,
        severity="blocking", reason="A test.",
    )  # fmt: skip
    receive(tmp_path, [sale("PRIVATE1")])
    with (
        Pipeline(settings_for(tmp_path), checks=(stumbling,)) as pipeline,
        pytest.raises(duckdb.ConversionException),
    ):
        pipeline.run("command")
    beat = Heartbeat.read(tmp_path)
    assert beat is not None
    assert beat.last_error is not None
    assert "ConversionException" in beat.last_error
    assert "PRIVATE1" not in beat.last_error
