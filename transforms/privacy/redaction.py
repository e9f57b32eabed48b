"""Remove a person from a body: the bytes change, and no fact does. Pure; the same body gives the same redaction.

In a body that names an erased address, every name, e-mail, phone number, postal address (but country and state) and
network address is replaced at any depth, and so is every value that holds the erased address itself. All other bytes
stay. A body that no SQL ever reads, because the strict parser refused it, is replaced whole by one with the same fault.
"""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ingest.load.verdict import examine
from transforms.privacy.json_literals import Literal, literals
from transforms.privacy.spellings import mentions, possible_mentions, texts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from transforms.privacy.fact_paths import FactPaths
    from transforms.store.erasures import ErasureList

REDACTED = "redacted"
# Every value below one of these keys belongs to a person.
PEOPLE = {
    "customer", "billing", "shipping", "buyer", "purchaser", "contact", "contacts",
    "customercontactinfo", "shopper", "recipient", "payer", "cardholder", "consumer", "user", "person",
    "member", "subscriber", "lead",
}  # fmt: skip
PERSONAL = {
    "name", "firstname", "lastname", "middlename", "fullname", "surname", "givenname", "familyname",
    "customername", "buyername", "username", "email", "emailaddress", "mail", "customeremail",
    "buyeremail", "phone", "phonenumber", "telephone", "mobile", "cell", "fax", "address", "address1",
    "address2", "address3", "addressline1", "addressline2", "street", "street1", "street2", "city",
    "town", "county", "postalcode", "postcode", "zip", "zipcode", "ip", "ipaddress", "clientip",
    "remoteaddr", "useragent", "birthdate", "dateofbirth",
}  # fmt: skip
# These keys say nothing about one person: @nil marks a null.
PUBLIC = {
    "nil", "country", "countrycode", "state", "statecode", "ccustcc", "ccuststate", "ccustshippingcountry",
    "ccustshippingstate",
}  # fmt: skip
LEGACY = "ccust"

# For each verdict of the strict parser, a body with the same verdict that shows that it replaces another.
STAND_INS = {
    "bom": codecs.BOM_UTF8 + b'"redacted"',
    "not_utf8": b"\xffredacted",
    "too_deep": b"[" * 65 + b'"redacted"' + b"]" * 65,
    "bad_json": b"{redacted",
    "bad_number": b'{"redacted": ' + b"1" * 4301 + b"}",
    "non_finite": b'{"redacted": NaN}',
    "duplicate_key": b'{"redacted": 1, "redacted": 2}',
    "not_object": b'"redacted"',
}
_PUNCTUATION = re.compile(r"[^a-z0-9]")


@dataclass(frozen=True, slots=True)
class Redaction:
    """A body without the person.

    Attributes:
        body: The new bytes.
        document: The text that SQL reads instead of them, where a number needs more digits than a double has or a text
            holds half of a character.
        kept: The paths where the address stays, because a fact is read from there.
    """

    body: bytes
    document: str | None = None
    kept: tuple[str, ...] = ()


class Redacts(Protocol):
    """Anything that redacts bodies."""

    def redact(self, body: bytes) -> Redaction | None:
        """Return a body's redaction, which may be the same bytes; None when it names no erased person."""


class Redactor:
    """Redacts bodies.

    Args:
        erased: The list of erased addresses.
        fact_paths: The paths that facts are read from.
        quick_test: A quicker test of raw bytes than digests of all addresses, for who knows the erased ones; it may
            find more bodies than the exact reading, and never fewer.
    """

    def __init__(
        self, erased: ErasureList, fact_paths: FactPaths, quick_test: Callable[[bytes], bool] | None = None
    ) -> None:
        self._erased = erased
        self._fact_paths = fact_paths
        self._quick_test = quick_test or self._may_name

    def redact(self, body: bytes) -> Redaction | None:
        """Return a body's redaction, which may be the same bytes; None when it names no erased person."""
        if not self._erased or not self._quick_test(body):
            return None
        reason = examine(body).reason
        if reason is not None:
            is_named = any(map(self._names, texts_of(body)))
            return Redaction(STAND_INS[reason]) if is_named else None
        text = body.decode()
        every_literal = list(literals(text))
        carrying = {each for each in every_literal if self._names(each.text)}
        if not carrying:
            return None
        return self._edited(text, every_literal, carrying)

    def _may_name(self, body: bytes) -> bool:
        possible = {address for text in texts_of(body) for address in possible_mentions(text)}
        return any(map(self._erased.holds, possible))

    def _names(self, text: str) -> bool:
        return any(self._erased.holds(reading) for readings in mentions(text) for reading in readings)

    def _edited(self, text: str, every_literal: list[Literal], carrying: set[Literal]) -> Redaction:
        protected = self._fact_paths.of(every_literal)
        pieces, at = [], 0
        kept = []
        for number, each in enumerate(every_literal):
            if not (each in carrying or _is_personal(each)):
                continue
            if _lower(each.path) in protected:
                kept += ["$." + ".".join(each.path)] if each in carrying else []
                continue
            pieces += [text[at : each.start], _replacement(each, number)]
            at = each.end
        body = "".join((*pieces, text[at:])).encode()
        return Redaction(body, examine(body).document, tuple(kept))


def mentions_in(body: bytes) -> Iterator[tuple[str, ...]]:
    """Yield the readings of each address in a body as a redaction finds them, the longest first."""
    is_read = examine(body).reason is None
    texts = (each.text for each in literals(body.decode())) if is_read else texts_of(body)
    for text in texts:
        yield from mentions(text)


def _is_personal(literal: Literal) -> bool:
    if literal.is_key or not literal.text.strip():
        return False
    *above, leaf = (_PUNCTUATION.sub("", key.lower()) for key in literal.path) if literal.path else ("",)
    if leaf in PUBLIC:
        return False
    return leaf in PERSONAL or leaf.startswith(LEGACY) or not PEOPLE.isdisjoint(above)


def _lower(path: Iterable[str]) -> tuple[str, ...]:
    return tuple(key.lower() for key in path)


def _replacement(literal: Literal, number: int) -> str:
    # A key must stay the only one of its name.
    return json.dumps(f"{REDACTED} {number}" if literal.is_key else REDACTED)
