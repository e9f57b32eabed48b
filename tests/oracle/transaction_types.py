"""Read the transaction type of a body: ClickBank's own words, and the spellings in which others repeat them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SALES = {"SALE": "SALE", "BILL": "BILL", "REBILL": "BILL"}
_REFUNDS = ("RFND", "REFUND", "REFUNDED", "FULL REFUND", "PARTIAL REFUND")
_CHARGEBACKS = {"CGBK": "CGBK", "CHARGEBACK": "CGBK", "DISPUTE": "CGBK", "INSF": "INSF"}
_NOTICES = {
    "CANCEL-REBILL": "subscription.cancelled",
    "UNCANCEL-REBILL": "subscription.uncancelled",
    "SUBSCRIPTION-CHG": "subscription.changed",
    "CUSTOMER_AUTH_FAILURE": "subscription.payment_failed",
}
_NEVER_COUNT = (
    *("FEE", "ABANDONED_ORDER", "CUSTOMER_EMAIL_UPDATE", "CUSTOMER_UPDATE_CC_NOTIFICATION"),
    "PURCHASE_DETAILS_EMAIL_RESPONSE",
)
_TESTS = ("CANCEL-TEST-REBILL", "UNCANCEL-TEST-REBILL")
_ROLES = {
    "SELLER": "VENDOR",
    "PRIMARY SELLER": "VENDOR",
    "PRIMARY AFFILIATE": "AFFILIATE",
    "UPSELL JV CONTRACT": "JV_UPSELL",
    "TRADITIONAL JV CONTRACT": "JV_TRADITIONAL",
    **{role: role for role in ("VENDOR", "AFFILIATE", "JV", "JV_UPSELL", "JV_TRADITIONAL")},
}


@dataclass(frozen=True)
class Said:
    """A known transaction type: its name, the event it belongs to if any, whether it is a test, and moves money."""

    name: str
    event_type: str | None = None
    is_test: bool = False
    is_money: bool = False


_KNOWN = {
    **{word: Said(name, "sale.created", is_money=True) for word, name in _SALES.items()},
    **{word: Said("RFND", "refund.processed", is_money=True) for word in _REFUNDS},
    **{word: Said(name, "chargeback.received", is_money=True) for word, name in _CHARGEBACKS.items()},
    **{word: Said(word, event_type) for word, event_type in _NOTICES.items()},
    **{word: Said(word) for word in _NEVER_COUNT},
    **{word: Said(word, is_test=True) for word in _TESTS},
}


def type_of(written: str | None) -> Said | None:
    """Return the known type with whose words the text starts, the longest first; None for a label."""
    words = _words(written or "")
    found = [
        (len("".join(_words(name))), said)
        for name, said in _KNOWN.items()
        if words[: len(_words(name))] == _words(name) or "".join(words) == "".join(_words(name))
    ]
    if found:
        return max(found, key=lambda each: each[0])[1]
    is_test = bool(words) and words[0].startswith("TEST")
    return Said("TEST", is_test=True) if is_test else None


def role_of(written: str | None) -> str:
    """Return the role under its usual name, an unknown word unchanged, and VENDOR without any word."""
    if written is None:
        return "VENDOR"
    known = {"_".join(_words(word)): role for word, role in _ROLES.items()}
    return known.get("_".join(_words(written)), written.upper())


def _words(written: str) -> list[str]:
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", written)
    return [word.upper() for word in re.findall(r"[A-Za-z0-9]+", parted)]
