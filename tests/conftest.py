"""Settings and fixtures of every test."""

from __future__ import annotations

import pytest
import structlog
from hypothesis import settings

# A slow example means that the machine is busy, not that the code is wrong.
settings.register_profile("no clock", deadline=None)
settings.load_profile("no clock")


@pytest.fixture(autouse=True)
def _logs_as_at_the_start() -> None:
    """Reset logging, which a command of an earlier test in this process may have silenced."""
    structlog.reset_defaults()
