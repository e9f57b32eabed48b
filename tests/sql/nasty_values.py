"""Values that a reader might misread: numbers, texts, times, truth values and broken bodies, with good ones."""

from __future__ import annotations


def number(literal: str) -> str:
    """Mark a JSON number that `encode` must send exactly as written here."""
    return f"<number>{literal}"


NIL = {"@nil": "true"}
BLANKS = (None, "", " ", "\t\n", "null", " null ", "N/A", NIL, {"@nil": True})
CONTAINERS = ([], {}, [1], {"a": 1}, ["x"], [NIL])
# Texts that might fool a reader of JSON that uses patterns.
TRICKS = (
    *(
        'a:"',
        '":null',
        ': "" ',
        '{"@nil":"true"}',
        "[Bundle] Book",
        "[x]",
        " {y}",
        "{",
        "]",
        "a:",
        "N/A:",
        "\\",
        "\\\\",
    ),
    *(
        "\u0000",
        "a\u0000b",
        "caf\u00e9",
        "\u65e5\u672c",
        "\U0001f4b8",
        "\u00a0",
        "\u2028",
        "'; drop table",
        "=1+1",
    ),
    *('x","y":"z', '":{"@nil":"true"},"', "null", "true", "1e5", "\x0b", "nan", "\r\nx"),
)
TEXTS = ("p1", "P1", "P2", "TestProduct-FE", "1,5", number("7"), number("1.50"), number("1e3"), True, *TRICKS)
RECEIPTS = (
    "AAA1",
    " aaa1",
    "AAA1-B002",
    "aaa1-b003",
    "BBB2",
    "BBB2-B002",
    "BBB2-B2X",
    "CCC3",
    "DDD4",
    number("1001"),
    "ord-1001",
    "ORD-1002",
)
VENDORS = ("shop", "SHOP", "other")
ACCOUNTS = ("shop", "Desk", "other")
REFUND_STATUSES = ("pending", "FAILED", "cancelled", "completed", "odd")
AFFILIATES = ("joe", "Joe", "none", "ann")
ROLES = ("VENDOR", "Seller", "AFFILIATE", "affiliate", "JV_UPSELL", "upsell JV contract", "Zed")
CURRENCIES = ("USD", "usd", "JPY", "EUR", "TND")
AMOUNTS = (
    *(number("100"), number("0"), number("0.0"), number("-30"), number("30"), number("70"), number("69.99")),
    *(
        "100",
        "1,234.50",
        "$79.00",
        "-$5",
        "$-5",
        ".5",
        "1E2",
        "+7",
        "0.00005",
        "-0.00005",
        "1e-3",
        number("1E2"),
    ),
    *(
        number("12345678901.2345678"),
        "12345678901.23455",
        number("0.30000000000000000001"),
        number("33.3333"),
    ),
)
BAD_AMOUNTS = (
    "1.",
    "12,34",
    "NaN",
    "79 USD",
    "1e15",
    number("123456789012345"),
    "free",
    "1e9999",
    "--1",
    "$",
)
TIMES = (
    *(
        "2026-03-08T01:59:59-08:00",
        "2026-03-08T02:30:00",
        "2026-03-08",
        "20260308T030000-0700",
        "2026-03-08 03:00",
    ),
    *("2025-11-02T01:30:00", "2025-11-02T01:30:00-08:00", "2025-11-02T09:59:59.999999Z", "20251102T013000"),
    *(
        "2025-12-31T23:59:59-08:00",
        "2026-01-01T07:59:59Z",
        "2026-01-01T08:00:00z",
        "2026-01-01",
        "20260101T000000-0800",
    ),
    *(
        "2026-01-01T00:00:00 -0800",
        "2026-02-28",
        "2026-05-01T12:00:00Z",
        "2026-05-01",
        "2026-05-08",
        "2026-05-31",
    ),
    *(
        "2026-06-01T06:59:59.9999999999Z",
        "2026-06-01T07:00:00+00:00",
        "2026-06-15T12:00:00+0530",
        "2026-06-15T12Z",
    ),
    *(
        number("1780000000"),
        number("1780000000.5"),
        number("1.78e9"),
        "1780000000123",
        number("1780000000123"),
    ),
    *("2026-06-30T12:00:00Z", "2026-07-02T12:00:00Z", "2026-06-30T23:59+14"),
)
BAD_TIMES = (
    *(
        "yesterday",
        "2026-02-29",
        "2026-13-01",
        "2026-05-01T24:00:00Z",
        "2026-05-01T12:60:00Z",
        "0000-01-01",
        "1e3",
    ),
    *(
        "9999-12-31T23:59:59-08:00",
        "1997-12-31",
        "2026-07-04",
        "2026-05-01T12:00:00+25:00",
        "17800000001",
        number("5"),
    ),
    *("2026-05-01T12:00:60Z", "2026-5-1", "2026-05-01T12:00:00Zjunk", "2026-05-01Z", number("-1780000000")),
)
TRUTHS = (True, False, "true", "1", number("1"), "Y", "no", number("1.0"), "TRUE")
COUNTS = (number("3"), "3", number("3.0"), "three", "1,234", number("2.5"), number("0"), "-1")
LENGTHS = (number("30"), "7", "1", number("0"), number("-1"), "many", number("1e9"), "999999999999")
BROKEN = (
    *(
        b"",
        b" ",
        b"\xef\xbb\xbf{}",
        b'{"a":"\xff"}',
        b'{"type":"sale.created",}',
        b"{} {}",
        b'{"a":NaN}',
        b'{"a":1e999}',
    ),
    *(
        b'{"a":1,"a":2}',
        b"[1]",
        b"null",
        b"7",
        b'{"a":"\\ud800"}',
        b'{"a":' * 65,
        b'{"a":' + b"9" * 4301 + b"}",
    ),
    *(
        b'{"type":"sale.created","data":{"receipt":"AAA1","amount":5,"date":"2026-05-01","tid":"\\ud83d"}}',
        b'{"type":"sale.created"}',
        b'{"type":7}',
        b"{}",
        b'{"type":"order.shipped","data":{}}',
        b'{"type":"ping"}',
    ),
    *(b'{"event":"test","data":[]}', b'{"type":"sale.created","data":[],"id":"e1"}', b'{"@nil":"true"}'),
    *(
        b'{"type":"refund.processed","data":"x","payload":"y"}',
        b'{"type":"sale.created","payload":[{"@nil":"true"},7]}',
    ),
)
