"""The envelope of a body: its type, id, time and account, and the rows of data inside."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.second_oracle.aliases import ENVELOPE_FIELDS, RECEIPT_WORDS, Aliases
from tests.second_oracle.coercion import is_null, text_of
from tests.second_oracle.instants import BadTimeError, read_instant
from tests.second_oracle.lookup import first_flag, first_text, first_value, value_at
from tests.second_oracle.transaction_types import TEST, meaning_of

TEST_EVENT_TYPES = ("test", "webhook.test", "ping")
TEST_RECEIPT = "********"


@dataclass(frozen=True)
class Envelope:
    """A body around its rows; `rows` keeps values that are no object too, so that no row is lost in silence."""

    event_type: str | None
    event_id: str | None
    created_at: datetime | None
    account: str | None
    is_test: bool
    rows: tuple[Any, ...]


def read_envelope(body: Mapping[str, Any], aliases: Aliases, zone: ZoneInfo) -> Envelope:
    """Read the envelope; `webhook_id` is no event id, since it names the subscription."""
    event_type = first_text(body, aliases["event_type"])
    event_type = None if event_type is None else event_type.lower()
    account = first_text(body, aliases["account"])
    rows = _rows(body, aliases)
    return Envelope(
        event_type,
        _event_id(body, rows, aliases),
        _created_at(body, aliases, zone),
        None if account is None else account.lower(),
        event_type in TEST_EVENT_TYPES or says_test(body, aliases),
        rows,
    )


def _rows(body: Mapping[str, Any], aliases: Aliases) -> tuple[Any, ...]:
    """Return the rows: `data.object` wins over `data`; without any data, the body less its envelope keys."""
    inner = value_at(body, "data.object")
    if isinstance(inner, dict) and not is_null(inner):
        return (inner,)
    for key in ("data", "payload", "object"):
        value = body.get(key)
        if isinstance(value, list):
            return tuple(value)
        if isinstance(value, dict) and not is_null(value):
            return (value,)
    envelope_keys = {key for field in ENVELOPE_FIELDS for key in aliases[field]}
    return ({key: value for key, value in body.items() if key not in envelope_keys},)


def _created_at(body: Mapping[str, Any], aliases: Aliases, zone: ZoneInfo) -> datetime | None:
    value = first_value(body, aliases["created_at"])
    try:
        return None if value is None else read_instant(value, zone).at
    except BadTimeError:
        return None


def _event_id(body: Mapping[str, Any], rows: tuple[Any, ...], aliases: Aliases) -> str | None:
    """Return the event id; an id that equals the body's own receipt or order number is no event id."""
    event_id = first_text(body, aliases["event_id"])
    if event_id is None:
        return None
    own = {
        text.upper()
        for row in (body, *rows)
        if isinstance(row, dict)
        for key in aliases["receipt"]
        if (text := text_of(row.get(key)))
    }
    return None if event_id.upper() in own else event_id


def says_test(row: Mapping[str, Any], aliases: Aliases) -> bool:
    """Read the flags and words that say test, in the envelope as well as in the data."""
    return (
        first_flag(row, aliases["is_test"]) is True
        or first_flag(row, aliases["is_live"]) is False
        or meaning_of(first_text(row, aliases["transaction_type"])) == TEST
        or any(text_of(row.get(key)) == TEST_RECEIPT for key in RECEIPT_WORDS.split())
        or (first_text(row, aliases["payment_method"]) or "").upper() == "TEST"
    )
