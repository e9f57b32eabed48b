"""The account at the end: the warehouse holds every acknowledged delivery, and none more times than it was posted."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from benchmarks.running.service import ROOT
from cbw.duck import literal

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.soaking.traffic import Sent

# A fact that counts an event twice has two rows of one event and item.
_TWICE = """
select coalesce(sum(row_count - 1), 0) from (
    select count(*) as row_count from fct_sales group by event_key, item_index having count(*) > 1
    union all
    select count(*) as row_count from fct_refunds group by event_key, item_index having count(*) > 1
    union all
    select count(*) as row_count from fct_chargebacks group by event_key, item_index having count(*) > 1
) as repeated
"""


@dataclass(frozen=True)
class Account:
    """The deliveries acknowledged, loaded and published, and their differences.

    Attributes:
        acknowledged: Posts that the receiver answered with 200.
        loaded: Deliveries in ``raw_events``.
        published: Deliveries that the published events count.
        lost: Deliveries acknowledged, but not loaded or not published.
        doubled: Deliveries loaded more times than posted, or counted twice by a fact.
    """

    acknowledged: int
    loaded: int
    published: int
    lost: int
    doubled: int

    @classmethod
    def of(cls, sent: Sent, data_dir: Path) -> Account:
        """Compare the deliveries sent with those of a stopped installation."""
        held, published, twice = _held(data_dir)
        lost = (sent.acknowledged - held).total() + max(held.total() - published, 0)
        doubled = (held - sent.posted).total() + max(published - held.total(), 0) + twice
        return cls(sent.deliveries, held.total(), published, lost, doubled)


def published_deliveries(data_dir: Path) -> int:
    """Return the number of deliveries in the newest published version."""
    with duckdb.connect(str((data_dir / "warehouse.duckdb").resolve()), read_only=True) as connection:
        return _number(connection, "select coalesce(sum(delivery_count), 0) from events")


def is_verified(data_dir: Path) -> bool:
    """Return whether every table of a stopped installation equals a full rebuild."""
    command = [sys.executable, "-m", "cbw", "verify", "--data-dir", str(data_dir)]
    done = subprocess.run(
        command, check=False, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return done.returncode == 0


def _held(data_dir: Path) -> tuple[Counter[str], int, int]:
    with duckdb.connect(str((data_dir / "warehouse.duckdb").resolve()), read_only=True) as connection:
        twice = _number(connection, _TWICE)
        connection.execute(f"attach {literal(str(data_dir / 'events.duckdb'))} as private (read_only)")
        rows = connection.execute(
            "select body_sha256, count(*) from private.main.raw_events group by body_sha256"
        ).fetchall()
    return Counter(dict(rows)), published_deliveries(data_dir), twice


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])
