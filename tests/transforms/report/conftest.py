"""One browser and one realistic warehouse a process: making either takes longer than a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.transforms.report.browser import Browser, chromium
from tests.transforms.report.warehouses import realistic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbw.settings import Settings


@pytest.fixture(scope="session")
def realistic_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of a realistic warehouse, built once a process."""
    return realistic(tmp_path_factory.mktemp("realistic") / "data")


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as opened:
        yield opened
