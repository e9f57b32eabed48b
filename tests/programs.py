"""Programs of the system that some tests drive (`.ci/packages` names their packages)."""

from __future__ import annotations

import os
import shutil

import pytest


def needs(*names: str) -> pytest.MarkDecorator:
    """Skip where one of these programs is missing; in the gate, which installs them, the test fails instead."""
    missing = [name for name in names if _path(name) is None]
    is_optional = "CI" not in os.environ
    return pytest.mark.skipif(bool(missing) and is_optional, reason=f"needs {', '.join(missing)}")


def program(name: str) -> str:
    """Return where a program is."""
    path = _path(name)
    assert path is not None, f"{name} is not installed; see .ci/packages"
    return path


def _path(name: str) -> str | None:
    # Debian keeps daemons where only root's PATH looks.
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
