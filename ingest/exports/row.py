"""One row of an export in the one spelling that its file's format does not change."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbw.errors import ConfigurationError
from ingest.exports.amount import amount_of
from ingest.exports.dialect import folded_key
from ingest.exports.kind import Kind
from ingest.exports.moment import Moment, moment_of, report_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ingest.exports.dialect import Dialect

# The transaction type of the event that subscription details make: no row tells one.
DETAILS: Final = "SUBSCRIPTION-DETAIL"
AMOUNTS: Final = {
    "sale.created": "gross", "refund.processed": "refund_amount", "chargeback.received": "chargeback_amount",
}  # fmt: skip
_DATES = {"nextpaymentdate", "purchasedate", "subcanceldate", "subenddate"}
_TIMES_OF_DETAILS = ("purchaseDate", "subCancelDate")
_EARNINGS = {"VENDOR": ("sellerEarnings",), "AFFILIATE": ("affiliateEarnings",)}
_JV_EARNINGS = ("jvSellerEarnings", "jvAffiliateEarnings")
_HASH_DIGITS = 16
_REBILL = re.compile(r"-B[0-9]+$")


class RawRow(NamedTuple):
    """One row as its file holds it.

    Attributes:
        page: Rows of one page are told at once: two equal ones of two pages may be one.
        number: Its place in the file, from 1.
        values: Its values by their keys.
    """

    page: int
    number: int
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of an export, read.

    Attributes:
        party: The digest of seller, account, role and receipt.
        name: The digest of party, type and instant: rows with one name are one raw event.
        word: The transaction type, as the event names it; empty where the row says none.
        moment: When it happened; None where the row does not say.
        account: Whose telling it is, where the row or the operator says so.
        values: Its values in ClickBank's spelling: texts, lists of lines, and objects.
        reasons: Why it will be quarantined.
    """

    party: str
    name: str
    word: str
    moment: Moment | None
    account: str | None
    values: dict[str, Any]
    reasons: tuple[str, ...]

    @property
    def text(self) -> str:
        """Its canonical text."""
        return json.dumps(self.values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class RowReader:
    """Reads the rows of one file.

    Args:
        dialect: The aliases and word lists.
        kind: The kind of the file.
        file: Its name in errors.
        account: The nickname whose telling it is, if the operator says so.
    """

    dialect: Dialect
    kind: Kind
    file: str
    account: str | None = None

    def read(self, raw: RawRow) -> Row:
        """Read one row.

        Raises:
            ConfigurationError: A date or an amount of it has two readings, or none.
        """
        values = {
            self.dialect.spelling(key): value
            for key, each in raw.values.items()
            if (value := self._value(raw, key, each)) is not None
        }
        return (
            self._details(raw, values) if self.kind is Kind.SUBSCRIPTIONS else self._transaction(raw, values)
        )

    def _value(self, raw: RawRow, key: str, value: Any) -> Any:
        known = plain(value)
        if known is None or isinstance(known, dict | list):
            return _structure(key, known)
        if self.dialect.is_money(key):
            return self._try(raw, key, known, amount_of)
        if folded_key(key) in _DATES:
            self._try(raw, key, known, moment_of)
        return known

    def _try(self, raw: RawRow, key: str, text: str, read: Callable[[str], Any]) -> Any:
        try:
            return read(text)
        except (ValueError, OverflowError) as exc:
            raise ConfigurationError(
                f"{self.file}, row {raw.number}: {key} is {text[:40]!r}, which has two readings or none",
                hint="export it with dates such as 2026-03-05 and amounts such as 1234.50",
            ) from exc

    def _transaction(self, raw: RawRow, values: dict[str, Any]) -> Row:
        if self.kind is Kind.REPORT:
            self._join_time(raw, values)
        first = self.dialect.first
        role = self.dialect.role_of(first(values, "role") or "VENDOR")
        if self.kind is Kind.REPORT:
            _choose_earnings(values, role)
        time, receipt = first(values, "sale_time"), first(values, "receipt")
        moment = None if time is None else self._try(raw, "the time", time, moment_of)
        word, event_type = self._meaning(first(values, "transaction_type"))
        account = self.account or values.get("salesAccount")
        # a row that cannot be named is an event of its own
        party = self._party(values, account, role, receipt.upper() if receipt else _text(values))
        # a receipt has one sale, and a rebill with a receipt of its own is one: its rows may differ by a second
        is_one = moment and (word == "SALE" or _REBILL.search(receipt or "")) and event_type == "sale.created"
        name = party + _digest(word, "" if is_one else moment.text if moment else _text(values))
        needed = {"no type": word, "missing_receipt": receipt, "no_time": moment}
        reasons = self._reasons(values, event_type, needed)
        return Row(party, name, word, moment, account.lower() if account else None, values, reasons)

    def _meaning(self, said: str | None) -> tuple[str, str | None]:
        """Return the word that names the event, and its type where it counts."""
        if said is None:
            return "", None
        known = self.dialect.type_of(said)
        if known is None or known.is_test:
            return said.upper(), None
        return known.name, known.event_type if known.counts else None

    def _party(self, values: dict[str, Any], account: str | None, *names: str) -> str:
        seller = self.dialect.first(values, "vendor") or self.account or ""
        return _digest(self.kind, seller.lower(), (account or "").lower(), *names)

    def _reasons(
        self, values: dict[str, Any], event_type: str | None, needed: Mapping[str, object]
    ) -> tuple[str, ...]:
        """Return why the models will quarantine the row."""
        name = AMOUNTS.get(event_type or "")
        amount = self.dialect.first(values, name) if name else "0"
        absent = {**needed, "missing_amount": amount}
        reasons = [reason for reason, value in absent.items() if value in {None, ""}]
        if event_type == "sale.created" and Decimal(amount or 0) < 0:
            reasons.append("negative_amount")
        return tuple(reasons)

    def _join_time(self, raw: RawRow, values: dict[str, Any]) -> None:
        day, time = values.get("transactionDate"), values.get("transactionTime")
        if time is not None:
            values["transactionTime"] = self._try(
                raw, "transactionDate with transactionTime", f"{day} {time}", lambda _: report_time(day, time)
            )
            values.pop("transactionDate", None)

    def _details(self, raw: RawRow, values: dict[str, Any]) -> Row:
        receipt = self.dialect.first(values, "receipt")
        times = [moment_of(values[key]) for key in _TIMES_OF_DETAILS if key in values]
        party = self._party(
            values, self.account, receipt.upper() if receipt else str(raw.number), values.get("itemNo", "")
        )
        newest = max(times, key=lambda moment: moment.instant, default=None)
        account = self.account.lower() if self.account else None
        return Row(party, party, DETAILS, newest, account, values, () if receipt else ("missing_receipt",))


def plain(value: Any) -> Any:
    """Return a value of JSON or XML as text, list or object; None for nothing, ``{"@nil": "true"}`` among it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        if str(value.get("@nil", "")).lower() == "true":
            return None
        known = {key: each for key, raw in value.items() if (each := plain(raw)) is not None}
        return known or None
    if isinstance(value, list):
        return [each for raw in value if (each := plain(raw)) is not None] or None
    return None if value is None else str(value).strip() or None


def _structure(key: str, value: Any) -> Any:
    """Return lines as a list, also a single one; variables of the seller as an object of texts."""
    folded = folded_key(key)
    if folded == "vendorvariables" and isinstance(value, dict):
        items = value.get("item", value)
        pairs = items if isinstance(items, list) else [items]
        return {each["name"]: each.get("value", "") for each in pairs if "name" in each} or value
    return [value] if folded == "lineitemdata" and isinstance(value, dict) else value


def _choose_earnings(values: dict[str, Any], role: str) -> None:
    """Name the earnings of the role that the row is told to."""
    keys = _JV_EARNINGS if role.startswith("JV") else _EARNINGS.get(role, ())
    found = next((values[key] for key in keys if key in values), None)
    if found is not None:
        values.setdefault("yourEarnings", found)


def _text(values: Mapping[str, Any]) -> str:
    return json.dumps(values, sort_keys=True, ensure_ascii=False)


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:_HASH_DIGITS]
