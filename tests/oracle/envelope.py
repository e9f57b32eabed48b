"""Read the envelope: type, id, creation time, test mark, and the items that `data` holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.oracle import aliases, coerce
from tests.oracle.reader import Reader, Reason, first_present
from tests.oracle.transaction_types import type_of

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

TEST_TYPES = frozenset({"test", "webhook.test", "ping"})
TEST_RECEIPT = "*" * 8


@dataclass(frozen=True)
class Envelope:
    """The fields of a body around its data, and the times at which its bytes first and last arrived.

    `created_at` is NULL when absent or unreadable; `created_path` is its path in the body.
    """

    event_type: str | None
    event_id: str | None
    account: str | None
    created_at: datetime | None
    created_path: str
    first_received_at: datetime
    last_received_at: datetime


def read_envelope(body: dict[str, Any], times: list[datetime], zone: ZoneInfo) -> Envelope:
    """Return the envelope of a body."""
    event_id = first_present(body, aliases.EVENT_ID)
    created = first_present(body, aliases.CREATED_AT)
    account = first_present(body, aliases.ACCOUNT)
    return Envelope(
        event_type=_event_type(body),
        event_id=event_id.text if event_id else None,
        account=account.text.lower() if account else None,
        created_at=coerce.instant(created.text, zone) if created else None,
        created_path=f"$.{created.alias}" if created else "",
        first_received_at=min(times),
        last_received_at=max(times),
    )


def read_items(body: dict[str, Any], zone: ZoneInfo) -> tuple[list[tuple[int, Reader]], list[Reason]]:
    """Return the items of the body with their indexes, and the faults of `data` itself."""
    data, path = _container(body)
    if isinstance(data, dict):
        return [(0, Reader(data, zone, path))], []
    if isinstance(data, list):
        return _fan_out(data, path, zone)
    scalar = first_present(body, aliases.DATA)
    if scalar is not None:
        return [], [Reason("data_not_object", f"$.{scalar.alias}")]
    flat = {key: value for key, value in body.items() if key not in aliases.ENVELOPE_KEYS}
    return [(0, Reader(flat, zone, "$"))], []


def is_test_event(
    body: dict[str, Any], type_: str | None, readers: list[Reader], *, are_transactions: bool
) -> bool:
    """Return whether a flag, the type, or any item marks the event as a test."""
    return (
        _is_flagged(body)
        or type_ in TEST_TYPES
        or any(_is_flagged(reader.data) for reader in readers)
        or (are_transactions and any(_is_test_item(reader) for reader in readers))
    )


def _is_flagged(data: dict[str, Any]) -> bool:
    flag = first_present(data, aliases.TEST_FLAG)
    live = first_present(data, aliases.LIVE_FLAG)
    is_test = flag is not None and coerce.is_true(flag.text)
    return is_test or (live is not None and coerce.is_false(live.text))


def data_path(body: dict[str, Any]) -> str:
    """Return where a body holds its items; `$` is the body itself."""
    return _container(body)[1] or "$"


def _event_type(body: dict[str, Any]) -> str | None:
    """Return the first alias that holds a present string: a number is no type."""
    for alias in aliases.EVENT_TYPE:
        if isinstance(body.get(alias), str):
            written = coerce.text(body[alias])
            if written is not None:
                return written
    return None


def _container(body: dict[str, Any]) -> tuple[Any, str]:
    """Return `data.object`, else the first of data, payload and object that is an object or an array; and its path."""
    data = body.get("data")
    if isinstance(data, dict) and isinstance(data.get("object"), dict):
        return data["object"], "$.data.object"
    for alias in aliases.DATA:
        if isinstance(body.get(alias), dict | list):
            return body[alias], f"$.{alias}"
    return None, ""


def _fan_out(data: list[Any], path: str, zone: ZoneInfo) -> tuple[list[tuple[int, Reader]], list[Reason]]:
    if not data:
        return [], [Reason("data_empty", path)]
    items = [
        (index, Reader(element, zone, f"{path}[{index}]", index=index))
        for index, element in enumerate(data)
        if isinstance(element, dict)
    ]
    reasons = [
        Reason("data_not_object", f"{path}[{index}]", index)
        for index, element in enumerate(data)
        if not isinstance(element, dict)
    ]
    return items, reasons


def _is_test_item(reader: Reader) -> bool:
    said = type_of(reader.text("transaction_type"))
    return (
        (said is not None and said.is_test)
        or reader.text("receipt") == TEST_RECEIPT
        or reader.upper("payment_method") == "TEST"
    )
