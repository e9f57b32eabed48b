"""Words of ClickBank's vocabulary: transaction types, roles and statuses."""

import re

SALE, REBILL, REFUND, CHARGEBACK, ECHECK = "SALE", "BILL", "RFND", "CGBK", "INSF"
TEST, NEVER_COUNTS = "TEST", "never"

# A told word belongs to the first line that is a prefix of it, once both are folded.
_PREFIXES = (
    ("CANCELTESTREBILL", TEST),
    ("UNCANCELTESTREBILL", TEST),
    ("TEST", TEST),
    ("CANCELREBILL", NEVER_COUNTS),
    ("UNCANCELREBILL", NEVER_COUNTS),
    ("SUBSCRIPTIONCHG", NEVER_COUNTS),
    ("ABANDONEDORDER", NEVER_COUNTS),
    ("CUSTOMERAUTHFAILURE", NEVER_COUNTS),
    ("CUSTOMEREMAILUPDATE", NEVER_COUNTS),
    ("CUSTOMERUPDATECCNOTIFICATION", NEVER_COUNTS),
    ("PURCHASEDETAILSEMAILRESPONSE", NEVER_COUNTS),
    ("FEE", NEVER_COUNTS),
    ("SALE", SALE),
    ("REBILL", REBILL),
    ("BILL", REBILL),
    ("RFND", REFUND),
    ("REFUND", REFUND),
    ("CGBK", CHARGEBACK),
    ("CHARGEBACK", CHARGEBACK),
    ("INSF", ECHECK),
)
_UNCOUNTED = (
    *("CANCEL-REBILL", "UNCANCEL-REBILL", "SUBSCRIPTION-CHG", "ABANDONED_ORDER", "CUSTOMER_AUTH_FAILURE"),
    *("CUSTOMER_EMAIL_UPDATE", "CUSTOMER_UPDATE_CC_NOTIFICATION", "PURCHASE_DETAILS_EMAIL_RESPONSE", "FEE"),
)
_OF_EVENT = {
    "sale.created": (SALE, REBILL),
    "refund.processed": (REFUND,),
    "chargeback.received": (CHARGEBACK, ECHECK),
}
_ROLES = {"SELLER": "VENDOR", "PRIMARYSELLER": "VENDOR", "PRIMARYAFFILIATE": "AFFILIATE"}
TOOK_NOTHING = ("failed", "declined", "rejected", "canceled", "cancelled", "pending")
CLOSED = ("reversed", "won", "lost")


def folded(word: str) -> str:
    """Return a word in capitals without blanks, hyphens and underscores."""
    return re.sub(r"[\s_-]", "", word.upper())


def meaning_of(word: str | None) -> str | None:
    """Match a transaction type by prefix on the folded word; a word without a match is a label: None.

    ClickBank writes `SUBSCRIPTION-CHG 7->9`, so the whole word cannot be matched.
    """
    if word is None:
        return None
    return next((meaning for prefix, meaning in _PREFIXES if folded(word).startswith(prefix)), None)


def name_of(word: str) -> str:
    """Return ClickBank's name of a type that never counts, without what follows it in the told word."""
    return next(name for name in _UNCOUNTED if folded(word).startswith(folded(name)))


def contradicts(meaning: str | None, event_type: str) -> bool:
    """Hold the transaction type inside against the event type outside."""
    return meaning in (SALE, REBILL, REFUND, CHARGEBACK, ECHECK) and meaning not in _OF_EVENT[event_type]


def role_of(word: str | None) -> str:
    """Fold a role word (`Seller` is VENDOR); a telling without a role is the vendor's."""
    if word is None:
        return "VENDOR"
    return _ROLES.get(folded(word), re.sub(r"[\s-]+", "_", word.upper()))


def role_rank(role: str) -> tuple[int, str]:
    """Order the tellings of one receipt: VENDOR, then AFFILIATE, then a joint venture's, then the rest."""
    order = ("VENDOR", "AFFILIATE")
    if role in order:
        return order.index(role), role
    return (2 if role.startswith("JV") else 3), role
