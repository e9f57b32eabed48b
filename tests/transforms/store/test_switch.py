"""A new file takes the place of the former one, unless DuckDB would replay a WAL into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cbw.errors import WarehouseError
from transforms.store.files import switch

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    fresh, former = tmp_path / "events.duckdb.compacting", tmp_path / "events.duckdb"
    fresh.write_bytes(b"new")
    former.write_bytes(b"old")
    return fresh, former


def test_the_new_file_has_the_name(files: tuple[Path, Path]) -> None:
    fresh, former = files
    switch(fresh, former)
    assert former.read_bytes() == b"new"
    assert not fresh.exists()


@pytest.mark.parametrize("name", ["events.duckdb.wal", "events.duckdb.compacting.wal"])
def test_a_wal_of_either_keeps_the_former_one_in_its_place(files: tuple[Path, Path], name: str) -> None:
    fresh, former = files
    (former.parent / name).touch()
    with pytest.raises(WarehouseError, match=f"{name} was not checkpointed"):
        switch(fresh, former)
    assert former.read_bytes() == b"old"
    assert fresh.exists()
