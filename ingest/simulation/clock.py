"""The ways a sender writes an instant, given as epoch seconds."""

from __future__ import annotations

import time
from datetime import date, datetime
from zoneinfo import ZoneInfo

PACIFIC = ZoneInfo("America/Los_Angeles")


def pacific(at: int) -> datetime:
    """Return the instant on ClickBank's clock."""
    return datetime.fromtimestamp(at, PACIFIC)


def basic(at: int) -> str:
    """Write ``20260423T175704-0700``, as live INS v7 and v8 do."""
    return pacific(at).isoformat().replace("-", "", 2).replace(":", "")


def extended(at: int) -> str:
    """Write ``2026-04-23T17:57:04-07:00``."""
    return pacific(at).isoformat()


def zulu(at: int) -> str:
    """Write ``2026-04-24T00:57:04Z``."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def naive(at: int) -> str:
    """Write ``2026-04-23T17:57:04``: Pacific, without saying so."""
    return pacific(at).replace(tzinfo=None).isoformat()


def day(at: int) -> str:
    """Write the Pacific date, ``2026-04-23``."""
    return pacific(at).date().isoformat()


def seconds(at: int) -> int:
    """Write epoch seconds."""
    return at


def milliseconds(at: int) -> int:
    """Write epoch milliseconds."""
    return at * 1000


def midnight(of: date) -> int:
    """Return the instant at which a Pacific day begins."""
    return int(datetime(of.year, of.month, of.day, tzinfo=PACIFIC).timestamp())
