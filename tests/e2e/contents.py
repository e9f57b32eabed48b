"""Bodies of every kind that a signed request may carry, and the outcome of each in the published tables."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from typing import Any

MAPPED, UNHANDLED, TEST = "mapped", "unhandled", "test"


@dataclass(frozen=True)
class Content:
    """One body and its outcome.

    Attributes:
        body: The exact bytes.
        outcome: The status, or the reason for which the event is quarantined.
        path: Where in the body the reason is; None when it is the whole body.
    """

    body: bytes
    outcome: str
    path: str | None = None
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def status(self) -> str:
        return self.outcome if self.outcome in {MAPPED, UNHANDLED, TEST} else "quarantined"


def sale(name: str, /, **changes: Any) -> dict[str, Any]:
    """Return a sale with fields changed; None takes one out."""
    data: dict[str, Any] = {
        "receipt": name,
        "transactionTime": "2026-01-15T10:00:00-08:00",
        "transactionType": "SALE",
        "vendor": "shop",
        "role": "VENDOR",
        "currency": "USD",
        "totalOrderAmount": 10,
        "totalAccountAmount": 5,
    }
    data = {name: value for name, value in (data | changes).items() if value is not None}
    return {"id": f"evt-{name}", "type": "sale.created", "created_at": "2026-01-15T18:00:01Z", "data": data}


def text(document: object) -> bytes:
    return json.dumps(document).encode()


def like_a_sale(replaced: bytes, replacement: bytes, receipt: str) -> bytes:
    """Return a good sale's bytes with a part replaced by bytes that no serialiser would write."""
    good = text(sale(receipt))
    assert good.count(replaced) == 1
    return good.replace(replaced, replacement)


def _not_json() -> dict[str, Content]:
    good = text(sale("JSON0001"))
    return {
        "empty": Content(b"", "empty"),
        "not UTF-8": Content(like_a_sale(b'"shop"', b'"sh\xffp"', "UTF80001"), "not_utf8"),
        "UTF-8 of a surrogate": Content(like_a_sale(b'"shop"', b'"\xed\xa0\x80"', "UTF80002"), "not_utf8"),
        "BOM": Content(b"\xef\xbb\xbf" + good, "bom"),
        "UTF-16": Content(text(sale("UTF16001")).decode().encode("utf-16"), "bom"),
        "not JSON": Content(b"receipt=JSON0002&amount=1", "bad_json"),
        "only white space": Content(b" \r\n", "bad_json"),
        "trailing garbage": Content(good + b" ok", "bad_json"),
        "comment": Content(good[:-1] + b" /* x */}", "bad_json"),
        "trailing comma": Content(good[:-1] + b",}", "bad_json"),
        "two documents": Content(good + b"\n" + good, "bad_json"),
        "single quotes": Content(good.replace(b'"', b"'"), "bad_json"),
        "broken off": Content(good[:-20], "bad_json"),
        "gzip": Content(gzip.compress(good, mtime=0), "not_utf8", headers=(("Content-Encoding", "gzip"),)),
        "control character": Content(like_a_sale(b'"shop"', b'"sh\x01p"', "JSON0003"), "bad_json"),
    }


def _strict_json() -> dict[str, Content]:
    deep = b'{"a":' * 70 + b"1" + b"}" * 70
    return {
        "duplicate key": Content(
            like_a_sale(b'"role"', b'"vendor": "other", "role"', "DUPL0001"), "duplicate_key"
        ),
        "duplicate key by escape": Content(
            like_a_sale(b'"role"', b'"v\\u0065ndor": "other", "role"', "DUPL0002"), "duplicate_key"
        ),
        "NaN": Content(like_a_sale(b": 10,", b": NaN,", "NAN00001"), "non_finite"),
        "Infinity": Content(like_a_sale(b": 10,", b": -Infinity,", "NAN00002"), "non_finite"),
        "1e999": Content(like_a_sale(b": 10,", b": 1e999,", "NAN00003"), "non_finite"),
        "array": Content(b"[" + text(sale("ARRAY001")) + b"]", "not_object"),
        "string": Content(b'"sale.created"', "not_object"),
        "number": Content(b"7", "not_object"),
        "null": Content(b"null", "not_object"),
        "too deep": Content(deep, "too_deep"),
        "much too deep": Content(b"[" * 100_000, "too_deep"),
        "too deep in a field": Content(like_a_sale(b'"shop"', b"[" * 65 + b"]" * 65, "DEEP0001"), "too_deep"),
        "huge integer": Content(like_a_sale(b": 10,", b": %b," % (b"9" * 4301), "HUGE0001"), "bad_number"),
        "lone surrogate": Content(like_a_sale(b'"shop"', b'"\\ud800"', "SURR0001"), MAPPED),
        "NUL in a string": Content(text(sale("NULL0001", affiliate="a\0b")), MAPPED),
    }


def _types() -> dict[str, Content]:
    tested = sale("TEST0001")
    return {
        "no type": Content(text({"data": {"receipt": "TYPE0001"}}), UNHANDLED),
        "type null": Content(text(sale("TYPE0002") | {"type": None}), UNHANDLED),
        "type a number": Content(text(sale("TYPE0003") | {"type": 7}), UNHANDLED),
        "type an object": Content(text(sale("TYPE0004") | {"type": {"a": 1}}), UNHANDLED),
        "unknown type": Content(text(sale("TYPE0005") | {"type": "sale.imagined"}), UNHANDLED),
        "other case": Content(text(sale("TYPE0006") | {"type": "Sale.Created"}), UNHANDLED),
        "empty object": Content(b"{}", UNHANDLED),
        "test type": Content(text({"type": "test"}), TEST),
        "ping": Content(text({"type": "ping", "created_at": 7, "data": [None]}), TEST),
        "test flag": Content(text(tested | {"id": "evt-flag-1", "is_test": True}), TEST),
        "test transaction": Content(text(sale("TEST0002", transactionType="TEST_SALE")), TEST),
    }


def _data() -> dict[str, Content]:
    return {
        "data a string": Content(text(sale("DATA0001") | {"data": "receipt"}), "data_not_object", "$.data"),
        "data a number": Content(text(sale("DATA0002") | {"data": 7}), "data_not_object", "$.data"),
        "no receipt": Content(text(sale("DATA0003", receipt=None)), "missing_receipt", "$.data.receipt"),
        "bad money": Content(
            text(sale("DATA0004", totalOrderAmount="ten")), "bad_money", "$.data.totalOrderAmount"
        ),
        "bad date": Content(
            text(sale("DATA0005", transactionTime="yesterday")), "bad_time", "$.data.transactionTime"
        ),
        "far future": Content(
            text(sale("DATA0006", transactionTime="2999-01-01T00:00:00Z")),
            "implausible_time",
            "$.data.transactionTime",
        ),
        "fan-out": Content(
            text(sale("FAN00001") | {"data": [sale(f"FAN0000{number}")["data"] for number in (1, 2, 3)]}),
            MAPPED,
        ),
        "no data": Content(
            text({"id": "evt-flat", "type": "sale.created"} | sale("FLAT0001")["data"]), MAPPED
        ),
        "metacharacters": Content(
            text(sale("META0001", affiliate="'; drop table events; --", vendor='=1+1,"<b>\x1b[31m\r\nx')),
            MAPPED,
        ),
        "odd content type": Content(
            text(sale("CTYPE001")), MAPPED, headers=(("Content-Type", "text/html; charset=utf-16"),)
        ),
        "no content type": Content(text(sale("CTYPE002")), MAPPED),
        "form content type": Content(
            text(sale("CTYPE003")), MAPPED, headers=(("Content-Type", "application/x-www-form-urlencoded"),)
        ),
        "spaces and escapes": Content(
            b" \n" + text(sale("SPACE001")).replace(b'"vendor"', b'"\\u0076endor"') + b"\r\n", MAPPED
        ),
    }


CONTENTS = _not_json() | _strict_json() | _types() | _data()
