"""Read a notification of INS or a body of exported rows, which name no event type, as if they had an envelope."""

from __future__ import annotations

import json
from typing import Any

from tests.oracle.coerce import text
from tests.oracle.transaction_types import type_of


def enclosed(notification: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
    """Return the notification as an event in USD, and the currency that the customer paid in."""
    label = text(notification.get("currency"))
    return {**notification, "type": event_type_of(notification), "currency": "USD"}, label and label.upper()


def event_type_of(body: dict[str, Any]) -> str | None:
    """Return the event type of a notification or of a body of exported rows, by its transaction type."""
    word = text(body.get("transactionType"))
    said = type_of(word)
    return (said and (said.event_type or ("test" if said.is_test else None))) or word


def identity(notification: dict[str, Any]) -> str:
    """Return the notification as a text that the number of its attempt does not change."""
    rest = {key: value for key, value in notification.items() if key != "attemptCount"}
    return json.dumps(rest, default=str)
