"""One browser per module: starting one takes longer than a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.transforms.report.browser import Browser, chromium

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as opened:
        yield opened
