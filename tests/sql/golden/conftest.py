"""One store for all golden histories of a test process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sql.one_store import opened, tables_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sql.golden import Build


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Build]:
    for store in opened(tmp_path_factory.mktemp("golden"), threads=1):
        yield lambda *deliveries: tables_of(store, *deliveries)  # noqa: B023 - the loop runs once
