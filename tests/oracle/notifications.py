"""Read a notification of ClickBank's Instant Notification Service, which has no envelope, as if it had one."""

from __future__ import annotations

import json
from typing import Any

from tests.oracle.coerce import text
from tests.oracle.transaction_types import type_of


def enclosed(notification: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
    """Return the notification as an event in USD, and the currency that the customer paid in."""
    word = text(notification.get("transactionType"))
    said = type_of(word)
    type_ = (said and (said.event_type or ("test" if said.is_test else None))) or word
    label = text(notification.get("currency"))
    return {**notification, "type": type_, "currency": "USD"}, label and label.upper()


def identity(notification: dict[str, Any]) -> str:
    """Return the notification as a text that the number of its attempt does not change."""
    rest = {key: value for key, value in notification.items() if key != "attemptCount"}
    return json.dumps(rest, default=str)
