"""What holds for every test."""

from __future__ import annotations

import pytest
import structlog
from hypothesis import settings

# An example that takes long says that the machine is busy, not that the code is wrong.
settings.register_profile("no clock", deadline=None)
settings.load_profile("no clock")


@pytest.fixture(autouse=True)
def _logs_as_at_the_start() -> None:
    """A command that another test ran in this process may have silenced what this one looks for."""
    structlog.reset_defaults()
