"""System programs that some tests need (`.ci/packages` names their packages)."""

from __future__ import annotations

import os
import shutil

import pytest


def needs(*names: str) -> pytest.MarkDecorator:
    """Skip a test if one of these programs is missing; in CI, which installs them, the test fails instead."""
    missing = [name for name in names if _path(name) is None]
    is_optional = "CI" not in os.environ
    return pytest.mark.skipif(bool(missing) and is_optional, reason=f"needs {', '.join(missing)}")


def program(name: str) -> str:
    """Return the path of a program."""
    path = _path(name)
    assert path is not None, f"{name} is not installed; see .ci/packages"
    return path


def _path(name: str) -> str | None:
    # Debian installs daemons in a directory that only root's PATH includes.
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
