"""Published versions to go on from, each built once a process."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.histories import history, receive, sale, settings_for
from transforms.pipeline.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cbw.settings import Settings


@pytest.fixture(scope="session")
def first_version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory whose first version has been published."""
    data_dir = tmp_path_factory.mktemp("template") / "data"
    receive(data_dir, [sale("FIRST001")])
    with Pipeline(settings_for(data_dir)) as opened:
        opened.run("command")
    return data_dir


@pytest.fixture(scope="session")
def published_history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory whose first version holds a small history: to read, and to copy before any change."""
    data_dir = tmp_path_factory.mktemp("history") / "data"
    receive(data_dir, history())
    with Pipeline(settings_for(data_dir)) as opened:
        opened.run("command")
    return data_dir


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path / "data")


@pytest.fixture
def pipeline(first_version: Path, settings: Settings) -> Iterator[Pipeline]:
    shutil.copytree(first_version, settings.data_dir, symlinks=True)
    with Pipeline(settings) as opened:
        yield opened
