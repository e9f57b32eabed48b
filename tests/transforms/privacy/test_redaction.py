"""A redaction takes the person out of a body, keeps every other byte, and can be repeated."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.load.verdict import examine
from ingest.send.samples import sample
from tests.histories import END, history
from transforms.definitions.aliases import AliasTable
from transforms.definitions.sql_file import SQL_DIR
from transforms.privacy.fact_paths import FactPaths
from transforms.privacy.json_literals import literals
from transforms.privacy.redaction import STAND_INS, Redactor
from transforms.store.erasures import ErasureList, checked_address, digest_of

SALT = "00" * 32
ADDRESS = "ada@example.com"
FACT_PATHS = FactPaths(AliasTable.from_files(SQL_DIR / "staging" / "aliases.csv"))


def redactor(*addresses: str) -> Redactor:
    pairs = [(SALT, digest_of(checked_address(each), SALT)) for each in addresses or (ADDRESS,)]
    return Redactor(ErasureList.of(pairs), FACT_PATHS)


def redacted(body: bytes) -> bytes:
    redaction = redactor().redact(body)
    assert redaction is not None
    return redaction.body


def test_only_personal_values_change() -> None:
    body = sample("sale.created", now=END, receipt="SAMPLE01")
    before, after = json.loads(body), json.loads(redacted(body))
    assert after["data"].pop("customer") == {
        "billing": {
            "firstName": "redacted", "lastName": "redacted", "fullName": "redacted", "email": "redacted",
            "address": {"postalCode": "redacted", "state": "CA", "country": "US"},
        }
    }  # fmt: skip
    del before["data"]["customer"]
    assert after == before


def test_every_other_byte_stays() -> None:
    body = b'{"type" : "sale.created",\t"data":{"amount":1.00,"big":1234567890123456.5,"email":"Ada@Example.COM" }}\n'
    assert redacted(body) == body.replace(b'"Ada@Example.COM"', b'"redacted"')


def emails_in(body: bytes) -> set[str]:
    if examine(body).reason is not None:
        return set()
    return {each.text for each in literals(body.decode()) if "@" in each.text and not each.is_key}


SPELLINGS = [
    "ada@example.com", "ADA@EXAMPLE.COM", " ada@example.com ", "Ada <ada@example.com>", "mailto:ada@example.com",
    "write to ada@example.com.", "https://example.org/?e=ada%40example.com&x=1", "e%3Dada%40example.com",
    "a|ada@example.com|b", "\N{LEFT SINGLE QUOTATION MARK}ada@example.com\N{RIGHT SINGLE QUOTATION MARK}",
    "name=Ada+L&email=ada%40example.com", "q=write+to+ada%40example.com", "user%5Bemail%5D=ada%40example.com",
    "%7B%22e%22%3A%22%5Cnada%40example.com%22%7D", "&lt;ada@example.com&gt;", "array(\\'e\\'=>\\'ada@example.com\\')",
]  # fmt: skip


@pytest.mark.parametrize("text", SPELLINGS)
def test_the_address_is_found_however_it_is_written(text: str) -> None:
    body = json.dumps({"type": "other", "note": text}).encode()
    assert json.loads(redacted(body)) == {"type": "other", "note": "redacted"}


@pytest.mark.parametrize(
    "escaped", ["ada\\u0040example.com", "\\u0061da@example.com", "\\u0041DA\\u0040example.com"]
)
def test_the_address_is_found_behind_escapes(escaped: str) -> None:
    assert redacted(f'{{"x": "{escaped}"}}'.encode()) == b'{"x": "redacted"}'


ANOTHER = [
    "maeve.o'brien@x.com", "<maeve.o'brien@x.com>", "e=maeve.o%27brien%40x.com&y=1", "maeve.o&#39;brien@x.com, hi",
    "mail maeve.o\\'brien@x.com", "mail a&amp;brien@x.com", "e=a%26brien%40x.com&y=1", "'maeve.o'brien@x.com'",
    "'mail o\N{RIGHT SINGLE QUOTATION MARK}brien@x.com'", "customer/brien@x.com", "n=brien@x.com", "brien@x.com-y.org",
]  # fmt: skip


@pytest.mark.parametrize("text", ANOTHER)
def test_an_address_that_ends_in_another_is_left_alone(text: str) -> None:
    assert redactor("brien@x.com").redact(json.dumps({"note": text}).encode()) is None


@pytest.mark.parametrize(
    "text", ["nada@example.com", "ada@example.com.au", "ada@example.co", "x+ada@example.com", "ada"]
)
def test_another_person_is_left_alone(text: str) -> None:
    assert redactor().redact(json.dumps({"email": text, "name": "Somebody Else"}).encode()) is None


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "text",
    [
        "a" * 10**6 + "@",
        "@" * 10**6,
        "a@" * 10**5,
        "%" * 10**6 + "@",
        "\\u0040" * 10**5,
        "=a@x" * 10**5,
        "%25" * 10**5 + "40x",
        "\\\\" * 10**6 + "u0040",
        "\\\\u005c%255c" * 10**5,
        "=" * 128 + "@x",
        "é&amp;" * 10**5 + "@x",
        '\\"@' * 10**5,
    ],
)
def test_a_hostile_body_costs_no_more_than_its_length(text: str) -> None:
    assert redactor().redact(b'{"x": "' + text.encode() + b'"}') is None


def test_a_key_that_is_the_address_is_replaced_and_stays_the_only_one() -> None:
    after = json.loads(redacted(b'{"ada@example.com": 1, "ADA@example.com": 2, "z": 3}'))
    assert sorted(after.values()) == [1, 2, 3]
    assert "ada@example.com" not in str(after).lower()


def test_what_a_fact_reads_stays_and_is_named() -> None:
    body = b'{"type":"sale.created","data":{"trackingId":"ada@example.com","email":"ada@example.com","receipt":"R1"}}'
    redaction = redactor().redact(body)
    assert redaction is not None
    assert redaction.kept == ("$.data.trackingId",)
    assert json.loads(redaction.body)["data"] == {
        "trackingId": "ada@example.com",
        "email": "redacted",
        "receipt": "R1",
    }


PERSONS = [
    {"email": ADDRESS, "name": "Ada Example", "phone": 5551234567, "zip": 90210, "city": "Springfield"},
    {"ccustemail": ADDRESS, "ccustfullname": "Ada Example", "ccustzip": "90210", "ccustaddr1": "1 Invented St"},
    {"customer": {"email": ADDRESS, "id": "C-77", "anything": ["Ada"], "name": "Ada Example"}},
    {"customerContactInfo": [{"field": "EMAIL", "value": ADDRESS}, {"field": "PHONE", "value": "5551234567"}]},
    {"shipping": {"full_name": "Ada Example", "E-Mail": ADDRESS, "address": {"line": "1 Invented St"}}},
]  # fmt: skip


@pytest.mark.parametrize("person", PERSONS)
def test_no_shape_of_a_person_stays(person: dict[str, Any]) -> None:
    body = json.dumps({"type": "sale.created", "data": {"receipt": "R1", "amount": 12.5, **person}}).encode()
    after = redacted(body).decode()
    for word in ("ada", "555", "90210", "springfield", "invented", "c-77"):
        assert word not in after.lower()
    assert json.loads(after)["data"]["amount"] == 12.5


def test_country_and_state_stay() -> None:
    person = {"customer": {"email": ADDRESS, "address": {"country": "US", "state": "CA", "city": "X"}}}
    after = json.loads(redacted(json.dumps(person).encode()))
    assert after["customer"]["address"] == {"country": "US", "state": "CA", "city": "redacted"}


def test_the_name_of_an_alert_is_no_person() -> None:
    body = json.dumps({"type": "threshold.reached", "data": {"name": "Refunds", "to": ADDRESS}}).encode()
    assert json.loads(redacted(body))["data"] == {"name": "Refunds", "to": "redacted"}


@pytest.mark.parametrize(("verdict", "body"), STAND_INS.items(), ids=STAND_INS)
def test_a_stand_in_gets_the_verdict_it_stands_for(verdict: str, body: bytes) -> None:
    assert examine(body).reason == verdict


MALFORMED = {
    "bom": b"\xef\xbb\xbf" + b'{"e":"ada@example.com"}',
    "bom16": '{"e":"ada@example.com"}'.encode("utf-16"),
    "not_utf8": b'{"e":"ada@example.com\xff"} ada@example.com',
    "too_deep": b'["ada@example.com",' + b"[" * 99 + b"]" * 99 + b"]",
    "bad_json": b'{"e":"ada\\u0040example.com",}',
    "non_finite": b'{"e":"ada@example.com","x":NaN}',
    "duplicate_key": b'{"e":"ada@example.com","e":1}',
    "not_object": b'"ada@example.com"',
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_a_body_that_is_refused_keeps_its_verdict(body: bytes) -> None:
    after = redacted(body)
    assert examine(after).reason == examine(body).reason
    assert b"ada" not in after
    assert redactor().redact(after) is None


def test_no_value_of_a_realistic_history_is_lost_or_moved() -> None:
    """Redact everybody: the result has the same keys, numbers and texts of facts as before."""
    people = {email for body in history() for email in emails_in(body)}
    assert len(people) > 20
    everybody = redactor(*people)
    for body in history():
        redaction = everybody.redact(body)
        if redaction is None:
            continue
        assert emails_in(redaction.body) == set()
        again = everybody.redact(redaction.body)
        assert again is None
        before, after = (list(literals(each.decode())) for each in (body, redaction.body))
        protected = FACT_PATHS.of(before)
        assert [each.path for each in after] == [each.path for each in before]
        for old, new in zip(before, after, strict=True):
            if old.is_key or tuple(key.lower() for key in old.path) in protected:
                assert new.text == old.text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON, st.booleans(), st.sampled_from([None, 1]))
def test_the_literals_of_any_json_are_where_they_are_said_to_be(
    value: Any,
    ascii_only: bool,  # noqa: FBT001 - Hypothesis gives it by place
    indent: int | None,
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    found = list(literals(text))
    assert [json.loads(text[each.start : each.end]) for each in found if each.is_key] == [
        each.text for each in found if each.is_key
    ]
    pieces, at = [], 0
    for each in found:
        pieces += [text[at : each.start], text[each.start : each.end]]
        at = each.end
    assert "".join((*pieces, text[at:])) == text
    assert len(found) == _count(value)


def _count(value: Any) -> int:
    if isinstance(value, dict):
        return sum(1 + _count(inner) for inner in value.values())
    if isinstance(value, list):
        return sum(map(_count, value))
    return int(not (value is None or isinstance(value, bool)))
