"""The vocabulary of exports: which field a column is, and which event a word of its rows means."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_SEPARATORS = re.compile(r"[\s_.\-]+")

# ClickBank's own spellings of columns that no field reads, or that a field reads under several spellings.
OF_ORDERS: Final = (
    "date", "receipt", "promo", "pmtType", "txnType", "item", "amount", "site", "affi", "country", "state",
    "firstName", "lastName", "fullName", "customerDisplayName", "customerContactInfo", "email", "zip", "postalCode",
    "city", "currency", "accountAmount", "rebillAmount", "processedPayments", "futurePayments", "nextPaymentDate",
    "status", "role", "title", "recurring", "physical", "customerRefundableState", "refundsBlocked",
    "declinedConsent", "transactionTime", "transactionType", "trackingId", "paytmentMethod", "vendor", "affiliate",
    "totalOrderAmount", "totalShippingAmount", "totalTaxAmount", "totalAccountAmount", "vendorVariables",
    "lineItemData",
)  # fmt: skip
OF_REPORTS: Final = (
    "id", "receiptNumber", "orderNumber", "orderType", "transactionDate", "roleOnTransaction", "salesAccount",
    "primarySeller", "primaryAffiliate", "commissionType", "paymentMethod", "transactionAmount",
    "productPurchasePrice", "productDiscount", "customerTax", "shippingAndHandling", "platformFee",
    "foreignExchangeFee", "sellerEarnings", "affiliateEarnings", "jvSellerEarnings", "jvAffiliateEarnings",
    "yourEarnings", "productItemNumber", "itemQuantity", "lineItemType", "couponId", "offer",
    "parent_transaction_receipt", "upsellParentReceipt", "upsellFlowId", "upsellPath", "retryCount",
    "sellerVariables", "billingCountry", "billingState", "shippingCountry", "shippingState",
)  # fmt: skip
OF_SUBSCRIPTIONS: Final = (
    "itemNo", "pubNickName", "affNickName", "purchaseDate", "subCancelDate", "subEndDate", "cancelled", "frequency",
    "duration", "processedPaymentsCount", "futurePaymentsCount", "subValue", "returnAmount", "returnCount",
    "customerFirstName", "customerLastName",
)  # fmt: skip
# The fields that hold money, by their names in the alias table.
MONEY: Final = (
    "gross", "refund_amount", "chargeback_amount", "explicit_refund_amount", "original_amount", "account_amount",
    "tax", "shipping", "product_rebill_amount", "chargeback_fee",
)  # fmt: skip
# Columns of money that no field reads yet.
MORE_MONEY: Final = (
    "productPurchasePrice", "productDiscount", "platformFee", "foreignExchangeFee", "sellerEarnings",
    "affiliateEarnings", "jvSellerEarnings", "jvAffiliateEarnings", "subValue", "returnAmount",
)  # fmt: skip


class TransactionType(NamedTuple):
    """The meaning of a transaction type: a line of ``transaction_types.csv``."""

    name: str
    event_type: str | None
    is_test: bool
    counts: bool


@lru_cache(maxsize=4096)
def folded_key(name: str) -> str:
    """Return a column's name without case, blanks, ``_``, ``-`` and ``.``."""
    return _SEPARATORS.sub("", name).lower()


@dataclass(frozen=True, slots=True)
class Dialect:
    """The aliases and word lists that the models read by, as an import needs them.

    Attributes:
        fields: The keys of each field of a transaction, in the order in which the models try them.
        containers: The keys that hold a list of lines.
        outer_keys: The first key of every alias, those of paths into objects among them.
        type_of: The meaning of a transaction type; None for a word that no pattern matches.
        role_of: The role that a word means.
    """

    fields: Mapping[str, tuple[str, ...]]
    containers: frozenset[str]
    outer_keys: frozenset[str]
    type_of: Callable[[str], TransactionType | None]
    role_of: Callable[[str], str]
    spellings: dict[str, str] = field(init=False)
    read: frozenset[str] = field(init=False)
    money: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        aliases = [key for keys in self.fields.values() for key in keys]
        spelled = (*OF_ORDERS, *OF_REPORTS, *OF_SUBSCRIPTIONS, *aliases)
        spellings: dict[str, str] = {}
        for key in spelled:
            spellings.setdefault(folded_key(key), key)
        object.__setattr__(self, "spellings", spellings)
        object.__setattr__(self, "read", frozenset(map(folded_key, (*aliases, *self.outer_keys))))
        money = (*MORE_MONEY, *(key for name in MONEY for key in self.fields.get(name, ())))
        object.__setattr__(self, "money", frozenset(map(folded_key, money)))

    def spelling(self, name: str) -> str:
        """Return a column's name as ClickBank or the alias table spells it; an unknown one as it is."""
        return self.spellings.get(folded_key(name), name)

    def is_read(self, key: str) -> bool:
        """Return whether some field reads a key, or a key inside it."""
        return folded_key(key) in self.read

    def is_money(self, key: str) -> bool:
        """Return whether a key holds an amount."""
        return folded_key(key) in self.money

    def first(self, values: Mapping[str, Any], name: str) -> str | None:
        """Return the value of a field: that of its first key that the row has."""
        for key in self.fields[name]:
            if isinstance(value := values.get(key), str):
                return value
        return None

    def has(self, keys: Iterable[str], name: str) -> bool:
        """Return whether one of the keys, folded, may hold a field."""
        return not set(keys).isdisjoint(map(folded_key, self.fields[name]))

    def nearest(self, name: str) -> str | None:
        """Return the known column whose name is most like another's; None where none is."""
        found = get_close_matches(folded_key(name), self.spellings, n=1, cutoff=0.6)
        return self.spellings[found[0]] if found else None
