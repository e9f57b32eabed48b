"""A few events in, exact rows out, through the real SQL; every expectation was worked out by hand."""

from __future__ import annotations

from collections.abc import Callable

from tests.sql.one_store import Tables

Build = Callable[..., Tables]
