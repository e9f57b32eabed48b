"""Bodies that a receiver must accept and the warehouse must not count: tests, unknown types, broken ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.simulation import clock
from ingest.simulation.business.posting import SALE_CREATED, Posting
from ingest.simulation.formats.envelope import compact
from ingest.simulation.formats.ins import money

if TYPE_CHECKING:
    from collections.abc import Callable

Data = dict[str, Any]


def plain(posting: Posting) -> Data:
    """Return a posting in the simplest flat format, to be broken or batched."""
    session = posting.sale.session
    return {
        "receipt": posting.sale.receipt,
        "transaction_type": posting.transaction_type,
        "transaction_time": clock.zulu(posting.occurred_at),
        "vendor": session.vendor.nickname,
        "role": posting.role,
        "currency": session.currency.code,
        "total_order_amount": money(posting.gross, session.currency.decimals),
        "account_amount": money(posting.account, session.currency.decimals),
        "product_id": posting.lines[0].product.item_no,
        "product_name": posting.lines[0].product.title,
    }


def _sale(data: Any) -> str:
    return compact({"type": SALE_CREATED, "data": data})


def _without(data: Data, key: str) -> Data:
    return {name: value for name, value in data.items() if name != key}


# Each breaks a sale in one way; the warehouse quarantines each for a reason of its own.
_BROKEN: dict[str, Callable[[Data], bytes]] = {
    "not_json": lambda data: f"<html>{data['receipt']}: 502 Bad Gateway</html>".encode(),
    "cut_off": lambda data: _sale(data)[:-9].encode(),
    "trailing_comma": lambda data: f"{_sale(data)[:-1]},}}".encode(),
    "not_a_number": lambda data: _sale({**data, "total_order_amount": float("nan")}).encode(),
    "duplicate_key": lambda data: f'{{"type":"refund.processed",{_sale(data)[1:]}'.encode(),
    "no_receipt": lambda data: _sale(_without(data, "receipt")).encode(),
    "bad_amount": lambda data: _sale({**data, "total_order_amount": "12,3x.00"}).encode(),
    "no_time": lambda data: _sale(_without(data, "transaction_time")).encode(),
    "no_such_day": lambda data: _sale({**data, "transaction_time": "2062-02-30T10:00:00Z"}).encode(),
    "far_future": lambda data: _sale({**data, "transaction_time": "2062-03-01T10:00:00Z"}).encode(),
    "epoch_zero": lambda data: _sale({**data, "transaction_time": "1970-01-01T00:00:00Z"}).encode(),
    "empty": lambda _data: b"",
    "data_is_text": lambda data: _sale(f"see receipt {data['receipt']}").encode(),
    "array_on_top": lambda data: compact([data]).encode(),
    "other_type": lambda data: _sale({**data, "transaction_type": "RFND"}).encode(),
    "latin_1": lambda data: _sale({**data, "product_name": "Zoë"}).encode("latin-1"),
    "byte_order_mark": lambda data: b"\xef\xbb\xbf" + _sale(data).encode(),
}

_UNHANDLED: tuple[Callable[[Data], Data], ...] = (
    lambda data: {
        "type": "subscription.paused",
        "data": {"receipt": data["receipt"], "reason": "customer"},
    },
    lambda data: {"data": data},
    lambda data: {"type": "Sale.Created", "data": data},
    lambda data: {
        "type": "affiliate.approved",
        "data": {"affiliate": "newcomer1", "at": data["transaction_time"]},
    },
    lambda data: {"type": 42, "data": data},
)

_TEST: tuple[Callable[[Data], Data], ...] = (
    lambda data: {"type": "test", "created_at": data["transaction_time"], "data": {"message": "Hello"}},
    lambda data: {"type": "webhook.test", "id": f"evt_test_{data['receipt']}", "data": {}},
    lambda data: {"type": SALE_CREATED, "livemode": False, "data": data},
    lambda data: {"type": SALE_CREATED, "data": {**data, "transaction_type": "TEST_SALE"}},
    lambda data: {"type": SALE_CREATED, "data": {**data, "receipt": "********", "transaction_type": "TEST"}},
    lambda data: {"type": SALE_CREATED, "data": {**data, "payment_method": "TEST"}},
    lambda data: {"type": "ping", "created_at": data["transaction_time"]},
)


def broken(posting: Posting, number: int) -> bytes:
    """Return a body that verifies but does not map; consecutive numbers cycle through every way."""
    return list(_BROKEN.values())[number % len(_BROKEN)](plain(posting))


def unhandled(posting: Posting, number: int) -> bytes:
    """Return a body of a type without a table, or without a type."""
    return compact(_UNHANDLED[number % len(_UNHANDLED)](plain(posting))).encode()


def test(posting: Posting, number: int) -> bytes:
    """Return test traffic in one of the ways a sender marks it."""
    return compact(_TEST[number % len(_TEST)](plain(posting))).encode()


def batch(postings: list[Posting]) -> bytes:
    """Return one body with several sales."""
    return _sale([plain(posting) for posting in postings]).encode()
