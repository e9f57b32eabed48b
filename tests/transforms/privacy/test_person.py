"""An erasure finds the person in every spelling, and nobody else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import amount
from tests.transforms.privacy.speller import AFTER, BEFORE, SEPARATED, Speller
from tests.transforms.privacy.test_redaction import redactor
from transforms.privacy.person import Person
from transforms.privacy.redaction import mentions_in
from transforms.store.addresses import addresses, normalised, whole_address

EXAMPLES = amount(200, 20_000)
SPELLERS = st.integers(0, 2**32).map(Speller)
# Legal characters of RFC 5322, and one of RFC 6531.
LEGAL = "abcxyz019.!#$%&'*+/=?^_`{|}~-é"
PLAIN = ["ada@example.com", "brien@x", "ada.b-c@mail.example.co.uk", "n@example.com", "u0040@example.com"]
ODD = [
    "o'brien@example.com", "a&brien@example.com", "ada+shop@example.com", "customer/department=shipping@example.com",
    "!def!xyz%abc@example.com", "_somename@example.com", "$a12345@example.com", "ada@bücher.example",
    "josé@example.com", "o\N{RIGHT SINGLE QUOTATION MARK}brien@example.com", "\N{GRINNING FACE}@example.com",
]  # fmt: skip
LOCALS = st.text(LEGAL, min_size=1, max_size=12).filter(lambda local: local.strip("."))
ANY_ADDRESS = st.sampled_from(PLAIN + ODD) | LOCALS.map(lambda local: normalised(f"{local}@example.com"))
# A character that only letters before it make a part of an address, also inside longer text.
INNER = [*".!#$%&'*+^_~-", "\N{RIGHT SINGLE QUOTATION MARK}"]


def person(*addresses: str) -> Person:
    return Person(frozenset(addresses))


def finds(address: str, body: bytes) -> bool:
    """Tell whether an erasure finds an address, having checked that both ways of it agree."""
    by_digest = redactor(address).redact(body)
    named = person(address)
    assert (named.count_in(body) > 0) == (by_digest is not None)
    return by_digest is not None


@settings(max_examples=EXAMPLES)
@given(SPELLERS, ANY_ADDRESS)
def test_the_address_alone_is_found_in_any_spelling(spelling: Speller, address: str) -> None:
    body = spelling.body(spelling.spelt(address))
    if not _is_ambiguous(address):
        assert finds(address, body)


def _is_ambiguous(address: str) -> bool:
    """Tell of an address that reads as another where it is percent-encoded: a form's field, or an encoding itself."""
    return "=" in address or "%" in address


@settings(max_examples=EXAMPLES)
@given(SPELLERS, st.sampled_from(PLAIN + ODD[:3] + ODD[-4:]), st.sampled_from(BEFORE), st.sampled_from(AFTER))
def test_the_address_is_found_between_any_neighbours(
    spelling: Speller, address: str, before: str, after: str
) -> None:
    text = before + spelling.spelt(address) + after
    assert finds(address, spelling.body(text))


@settings(max_examples=EXAMPLES)
@given(SPELLERS, st.sampled_from(PLAIN), st.sampled_from(SEPARATED))
def test_separators_count_inside_longer_text(
    spelling: Speller, address: str, around: tuple[str, str]
) -> None:
    text = around[0] + spelling.spelt(address) + around[1]
    assert finds(address, spelling.body(text))


@settings(max_examples=EXAMPLES)
@given(
    SPELLERS,
    st.sampled_from(PLAIN + ODD[:3]),
    st.text(LEGAL[:8], min_size=1, max_size=5),
    st.text(LEGAL, max_size=2),
)
def test_an_address_that_ends_in_the_persons_is_another(
    spelling: Speller, address: str, name: str, joint: str
) -> None:
    """As a whole string, whichever legal characters it holds."""
    other = f"{name}{joint}{address}"
    if "=" not in joint and "%" not in joint:
        assert not finds(address, spelling.body(spelling.spelt(other)))
    assert not finds(address, json.dumps({"x": f" {other} "}).encode())


@settings(max_examples=EXAMPLES)
@given(
    SPELLERS, st.sampled_from(PLAIN), st.text("abcxyz019", min_size=1, max_size=5), st.sampled_from(INNER),
    st.sampled_from(BEFORE), st.sampled_from(AFTER),
)  # fmt: skip
def test_nor_is_it_the_persons_inside_longer_text(
    spelling: Speller, address: str, name: str, joint: str, before: str, after: str
) -> None:
    other = spelling.spelt(f"{name}{joint}{address}") if joint != "%" else f"{name}{joint}{address}"
    if joint == "%" and (name + joint + address)[len(name) :][1:3].isalnum():
        return  # an encoded character
    assert not finds(address, spelling.body(before + other + after))


@settings(max_examples=EXAMPLES)
@given(
    SPELLERS,
    ANY_ADDRESS,
    st.text(LEGAL + '@ \\n"<>;:,%04&#uN«\N{RIGHT SINGLE QUOTATION MARK}', max_size=30),
    st.binary(max_size=3),
)
def test_the_quick_test_finds_no_less_than_the_exact_one(
    spelling: Speller, address: str, text: str, extra: bytes
) -> None:
    """For each address that the exact reading of any bytes finds."""
    body = spelling.body(text + spelling.spelt(address) + text) + extra
    every = redactor("nobody@example.com")
    for readings in mentions_in(body):
        for reading in readings:
            assert person(reading).may_name(body)
            assert person(reading).may_concern(body)
            if whole_address(reading) == reading:
                assert redactor(reading).redact(body) is not None
    assert every.redact(body) is None or "nobody" in text


@settings(max_examples=EXAMPLES)
@given(ANY_ADDRESS)
def test_what_is_an_address_as_a_whole_is_accepted_and_is_that_address(address: str) -> None:
    assert whole_address(f" {address.upper()}\n") == normalised(address.upper())
    assert list(addresses(address)) == [(normalised(address),)]


@pytest.mark.parametrize(
    "text", ["", "ada", "ada@", "@x", "a b@x", "ada@x ada@y", "mailto:ada@x", "ada@x,", "..@x"]
)
def test_other_text_is_no_address(text: str) -> None:
    assert whole_address(text) is None


RELATIVES = [
    ("ada@example.com", "ada+shop@example.com"), ("ada+shop@example.com", "ada@example.com"),
    ("ada+shop@example.com", "ada+b@example.com"), ("ada@bücher.example", "ada@xn--bcher-kva.example"),
    ("ada@xn--bcher-kva.example", "ada@bücher.example"), ("ada@xn--bcher-kva.example", "ada+x@bücher.example"),
    ("ada@example.com", "email=ada@example.com"), ("brien@x", "maeve.o'brien@x"), ("brien@x", "a&brien@x"),
]  # fmt: skip


@pytest.mark.parametrize(("own", "other"), RELATIVES)
def test_near_relatives_are_found_and_not_erased(own: str, other: str) -> None:
    body = json.dumps({"x": other}).encode()
    assert not finds(own, body)
    assert person(own).may_concern(body)
    assert person(own).is_relative(normalised(other))
    assert not person(own, normalised(other)).is_relative(normalised(other))


@pytest.mark.parametrize(
    "other", ["ada@example.com", "nada@example.com", "adam+x@example.com", "ada+x@example.org"]
)
def test_others_are_no_relatives(other: str) -> None:
    assert not person("ada@example.com").is_relative(other)
