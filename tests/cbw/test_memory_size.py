"""An amount of memory means the same to us and to DuckDB."""

from __future__ import annotations

import duckdb
import pytest

from cbw.memory_size import bytes_of


@pytest.mark.parametrize("text", ["300MB", "1GB", "1 GB", "1.5GB", "2TB", "512MiB", "2GiB", "1TiB"])
def test_it_means_the_same_to_duckdb(text: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"set memory_limit = '{text}'")
        shown = connection.execute("select current_setting('memory_limit')").fetchall()
        connection.execute(f"set memory_limit = '{bytes_of(text)}B'")
        assert connection.execute("select current_setting('memory_limit')").fetchall() == shown


@pytest.mark.parametrize("text", ["", "lots", "1", "300", "300kB", "-1GB", "1GBs", "1,5GB", "GB"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a unit of MB, GB or TB"):
        bytes_of(text)
