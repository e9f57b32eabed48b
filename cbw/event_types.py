"""The event types that have tables: one list for the SQL, for metrics, erasure and tests."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

_FILE = Path(__file__).resolve().parent.parent / "sql" / "event_types.csv"


class EventType(NamedTuple):
    """One type of event that ClickBank documents.

    Attributes:
        name: As the sender writes it.
        scope: The scope of the alias table that names the fields of its items.
        fact_table: The table that has a row for each of its items.
    """

    name: str
    scope: str
    fact_table: str


def _read() -> tuple[EventType, ...]:
    with _FILE.open(encoding="utf-8", newline="") as lines:
        return tuple(EventType(**line) for line in csv.DictReader(lines))


EVENT_TYPES = _read()
# Traffic of this type is counted as received and is in no table of facts.
TEST = "test"
