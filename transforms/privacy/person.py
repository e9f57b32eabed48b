"""The addresses to erase, while they are known: the quick test of raw bytes, and the relatives that stay."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from transforms.privacy.redaction import mentions_in
from transforms.privacy.spellings import simplified, texts_of
from transforms.store.addresses import PUNCTUATION, normalised

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# An ASCII body without these bytes spells an address in one way only, but for upper and lower case.
_ESCAPES = (b"\\", b"%", b"&", b"\0")
_PUNYCODE = "xn--"


@dataclass(frozen=True)
class Person:
    """The named addresses of a person, normalised."""

    addresses: frozenset[str]

    def may_name(self, body: bytes) -> bool:
        """Test raw bytes quickly for the addresses: it may find more bodies than the exact reading, never fewer."""
        return _may_hold(body, self._own_needles, is_plain=self._is_plain)

    def may_concern(self, body: bytes) -> bool:
        """Test raw bytes quickly for the addresses and for those of near relatives."""
        return _may_hold(body, self._near_needles, is_plain=self._is_plain)

    def is_named_by(self, readings: Iterable[str]) -> bool:
        """Tell whether a reading of an address is one of the person's."""
        return not self.addresses.isdisjoint(readings)

    def count_in(self, body: bytes) -> int:
        """Return the number of places of a body that name the person, by the exact reading."""
        return sum(map(self.is_named_by, mentions_in(body))) if self.may_name(body) else 0

    def is_relative(self, address: str) -> bool:
        """Tell whether an address is near to one of the person's, and none of them.

        Near are plus-addresses, the same domain in its other spelling (IDNA), and an address that ends in the person's
        after punctuation, such as ``email=ada@example.com``, which as a whole is an address too.
        """
        if address in self.addresses:
            return False
        is_near = _family(address) in self._families
        return is_near or any(
            address.endswith(own) and address[-len(own) - 1] in PUNCTUATION for own in self.addresses
        )

    @cached_property
    def _is_plain(self) -> bool:
        return all(own.isascii() and "`" not in own for own in self.addresses)

    @cached_property
    def _families(self) -> frozenset[tuple[str, str]]:
        return frozenset(map(_family, self.addresses))

    @cached_property
    def _own_needles(self) -> tuple[str, ...]:
        return tuple(sorted(self.addresses))

    @cached_property
    def _near_needles(self) -> tuple[str, ...]:
        return tuple(sorted({needle for own in self.addresses for needle in (own, *_near(own))}))


def _may_hold(body: bytes, needles: tuple[str, ...], *, is_plain: bool) -> bool:
    small = body.lower()
    if any(needle.encode() in small for needle in needles):
        return True
    if body.isascii() and not any(escape in body for escape in _ESCAPES):
        return False
    if not is_plain:  # no comparison of texts is as wide as that of normalised addresses
        return True
    simple_texts = (simple.casefold() for text in texts_of(body) for simple in simplified(text))
    return any(needle in simple for simple in simple_texts for needle in needles)


def _near(address: str) -> Iterator[str]:
    """Yield pieces that every near relative holds one of."""
    local, domain = address.rsplit("@", 1)
    base = local.split("+", 1)[0] or local
    yield f"{base}+"
    for spelling in {domain, _in_unicode(domain), _in_ascii(domain)}:
        yield f"{base}@{spelling}"


def _family(address: str) -> tuple[str, str]:
    local, domain = address.rsplit("@", 1)
    return local.split("+", 1)[0] or local, _in_unicode(domain)


def _in_unicode(domain: str) -> str:
    return normalised(".".join(map(_label_in_unicode, domain.split("."))))


def _label_in_unicode(label: str) -> str:
    if not label.startswith(_PUNYCODE):
        return label
    try:
        return label.removeprefix(_PUNYCODE).encode("ascii").decode("punycode")
    except UnicodeError:  # no name of a domain
        return label


def _in_ascii(domain: str) -> str:
    labels = domain.split(".")
    return ".".join(
        each if each.isascii() else _PUNYCODE + each.encode("punycode").decode() for each in labels
    )
