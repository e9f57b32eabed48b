"""One valid sample of each event type; each call makes a new event of it."""

from __future__ import annotations

import json
import re
import secrets
import string
from datetime import UTC, date, datetime
from importlib import resources
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from cbw.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

NOTIFIED_TYPES = (
    *("sale.created", "refund.processed", "chargeback.received"),
    *(
        "subscription.cancelled",
        "subscription.uncancelled",
        "subscription.changed",
        "subscription.payment_failed",
    ),
    "test",
)
TEST_RECEIPT = "********"
# Every time in the files is relative to this one: new samples keep the distances.
_WRITTEN_AT = datetime(2026, 1, 15, 18, 0, 2, tzinfo=UTC)
_PACIFIC = ZoneInfo("America/Los_Angeles")
_RECEIPT_CHARACTERS = string.ascii_uppercase + string.digits
_ZULU = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_BASIC = re.compile(r"\d{8}T\d{6}[+-]\d{4}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_FOLDER = resources.files("ingest.send") / "sample_events"


def event_types() -> list[str]:
    """Return the types that have a sample."""
    return sorted(
        file.name.removesuffix(".json") for file in _FOLDER.iterdir() if file.name.endswith(".json")
    )


def sample(event_type: str, *, now: datetime | None = None, receipt: str | None = None) -> bytes:
    """Return the body of a new event, with a time of now and ids of its own.

    Args:
        event_type: One of ``event_types()``.
        now: The time of sending, with an offset; by default the clock's.
        receipt: The receipt of its sale; by default a new one.

    Raises:
        ConfigurationError: There is no sample of the type.
    """
    return _compact(_new(event_type, event_types(), now, receipt))


def notification(event_type: str, *, now: datetime | None = None, receipt: str | None = None) -> bytes:
    """Return the plaintext of a new INS notification, whose transaction type stands for the event type.

    Args:
        event_type: One of ``NOTIFIED_TYPES``; a test has the receipt that ClickBank's test button sends.
        now: As for ``sample``.
        receipt: As for ``sample``.

    Raises:
        ConfigurationError: INS has no such type.
    """
    if event_type == "test":
        event = _new("sale.created", NOTIFIED_TYPES, now, TEST_RECEIPT)
        return _compact(event["data"] | {"transactionType": "TEST"})
    return _compact(_new(event_type, NOTIFIED_TYPES, now, receipt)["data"])


def _new(event_type: str, known: Sequence[str], now: datetime | None, receipt: str | None) -> dict[str, Any]:
    if event_type not in known:
        raise ConfigurationError(f"there is no sample of {event_type!r}", hint=f"one of {', '.join(known)}")
    written = json.loads((_FOLDER / f"{event_type}.json").read_text(encoding="utf-8"))
    event: dict[str, Any] = _fresh(written, now or datetime.now(UTC), receipt or _new_receipt())
    return event


def _compact(event: Any) -> bytes:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def _fresh(value: Any, now: datetime, receipt: str, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _fresh(inner, now, receipt, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_fresh(inner, now, receipt) for inner in value]
    if not isinstance(value, str):
        return value
    if key == "receipt":
        return receipt
    if key in {"id", "refund_id", "chargeback_id", "sync_id"}:
        return re.sub(r"\d+$", lambda _: secrets.token_hex(8), value)
    return _moved(value, now)


def _new_receipt() -> str:
    return "".join(secrets.choice(_RECEIPT_CHARACTERS) for _ in range(8))


def _moved(text: str, now: datetime) -> str:
    """Return a time of a file moved to now, in the same format; any other text unchanged."""
    if _ZULU.fullmatch(text):
        return _later(datetime.fromisoformat(text), now).strftime("%Y-%m-%dT%H:%M:%SZ")
    if _BASIC.fullmatch(text):
        moved = _later(datetime.strptime(text, "%Y%m%dT%H%M%S%z"), now)
        return moved.astimezone(_PACIFIC).strftime("%Y%m%dT%H%M%S%z")
    if _DATE.fullmatch(text):
        days = now.astimezone(_PACIFIC).date() - _WRITTEN_AT.astimezone(_PACIFIC).date()
        return (date.fromisoformat(text) + days).isoformat()
    return text


def _later(written: datetime, now: datetime) -> datetime:
    return now.astimezone(UTC) + (written - _WRITTEN_AT)
