"""A process knows its data directory, whatever has its name later."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from cbw.data_dir import DIRECTORY_ID, make_below
from cbw.errors import MovedError
from cbw.place import Place

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    (path / "inbox").mkdir(parents=True)
    return path


def move_away(data_dir: Path) -> None:
    data_dir.rename(data_dir.with_name("moved"))


def delete_and_make_again(data_dir: Path) -> None:
    """Delete and make it: a file system may give the new directory the old inode."""
    shutil.rmtree(data_dir)
    data_dir.mkdir()


def replace_by_a_copy(data_dir: Path) -> None:
    move_away(data_dir)
    shutil.copytree(data_dir.with_name("moved"), data_dir)


def move_its_files(data_dir: Path) -> None:
    data_dir.with_name("elsewhere").mkdir()
    for path in data_dir.iterdir():
        path.rename(data_dir.with_name("elsewhere") / path.name)


def repoint(data_dir: Path) -> None:
    """Repoint a link of that name."""
    move_away(data_dir)
    data_dir.with_name("other").mkdir()
    data_dir.symlink_to(data_dir.with_name("other"))


def put_a_file_there(data_dir: Path) -> None:
    move_away(data_dir)
    data_dir.write_text("no directory", encoding="utf-8")


@pytest.mark.parametrize(
    "change",
    [move_away, delete_and_make_again, replace_by_a_copy, move_its_files, repoint, put_a_file_there],
)
def test_another_directory_of_the_name_is_noticed(data_dir: Path, change: Callable[[Path], None]) -> None:
    place = Place.at_start(data_dir)
    place.require()
    change(data_dir)
    with pytest.raises(
        MovedError, match="is no longer the data directory that this process began with"
    ) as error:
        place.require()
    assert (error.value.exit_code, str(error.value).count("\n")) == (3, 0)


def test_a_directory_that_was_put_back_is_the_same(data_dir: Path) -> None:
    place = Place.at_start(data_dir)
    move_away(data_dir)
    assert not place.is_here
    data_dir.with_name("moved").rename(data_dir)
    assert place.is_here
    assert Place.at_start(data_dir) == place


def test_a_full_disk_leaves_the_inode_to_know_it_by(data_dir: Path) -> None:
    (data_dir / DIRECTORY_ID).mkdir()  # nothing can be written under that name
    place = Place.at_start(data_dir)
    assert (place.id, place.is_here) == ("", True)
    replace_by_a_copy(data_dir)
    assert not place.is_here


def test_nothing_is_left_next_to_the_id(data_dir: Path) -> None:
    first, second = Place.at_start(data_dir), Place.at_start(data_dir)
    assert first == second
    assert sorted(path.name for path in data_dir.iterdir()) == [DIRECTORY_ID, "inbox"]


def test_a_directory_below_never_brings_the_data_directory_back(data_dir: Path) -> None:
    make_below(data_dir, data_dir / "archive" / "nights")
    move_away(data_dir)
    with pytest.raises(FileNotFoundError):
        make_below(data_dir, data_dir / "archive" / "nights")
    assert not data_dir.exists()
