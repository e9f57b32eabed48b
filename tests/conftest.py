"""Settings and fixtures of every test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import structlog
from hypothesis import settings

from tests.amounts import IS_LONG

if TYPE_CHECKING:
    from collections.abc import Sequence

# A slow example means that the machine is busy, not that the code is wrong.
settings.register_profile("no clock", deadline=None)
settings.load_profile("no clock")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that `make test-long` alone runs; pytest counts them as deselected."""
    left_out: Sequence[pytest.Item] = (
        [] if IS_LONG else [item for item in items if item.get_closest_marker("long")]
    )
    items[:] = [item for item in items if item not in set(left_out)]
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture(autouse=True)
def _logs_as_at_the_start() -> None:
    """Reset logging, which a command of an earlier test in this process may have silenced."""
    structlog.reset_defaults()
