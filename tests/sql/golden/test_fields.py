"""The key that gives a field, and the reading of its value."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.oracle import RawDelivery
from tests.oracle.builders import RECEIVED, deliver, only, pick, refund, sale
from tests.sql.harness import built, rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sql.golden import Build

SOLD, REVERSED = "2026-05-01T12:00:00Z", "2026-06-01T12:00:00Z"


@pytest.mark.parametrize(
    ("type_", "data", "amount"),
    [
        ("refund.processed", {"refunded_at": REVERSED, "transaction_date": SOLD, "amount": 40}, 40),
        ("refund.processed", {"refund_date": REVERSED, "date": SOLD, "amount": 40, "order_total": 100}, 40),
        ("refund.processed", {"date": REVERSED, "sale_date": SOLD, "totalOrderAmount": 100}, 100),
        ("chargeback.received", {"disputed_at": REVERSED, "date": SOLD, "amount": 40, "order_total": 100}, 40),
        ("chargeback.received", {"chargebackDate": REVERSED, "date": SOLD, "dispute_amount": 7, "amount": 9}, 7),
        ("chargeback.received", {"transactionTime": REVERSED, "amount_cents": 4000, "order_total": 100}, 40),
    ],
)  # fmt: skip
def test_the_specific_key_wins_over_the_generic_one(
    build: Build, type_: str, data: dict[str, Any], amount: int
) -> None:
    tables = build(sale("A", SOLD), deliver(type_, {"receipt": "A", "currency": "USD"} | data))
    refunds = pick(tables["fct_refunds"], "refunded_date", "refund_amount", "days_to_refund")
    disputes = pick(tables["fct_chargebacks"], "charged_back_date", "chargeback_amount", "days_to_chargeback")
    assert refunds + disputes == [(date(2026, 6, 1), Decimal(amount), 31)]


@pytest.mark.parametrize(
    ("key", "value", "currency", "amount"),
    [
        ("amount_cents", 5000, "USD", "50"),
        ("amount_cents", 5000, "JPY", "5000"),
        ("corderamount", "5000", "krw", "5000"),
        ("amount_minor", 5000, "TND", "5"),
        ("order_total_cents", "12345", "BHD", "12.345"),
        ("amount_minor", 5000, None, "50"),
        ("amount", 5000, "JPY", "5000"),
        ("amount", "1,234", "USD", "1234"),
        ("amount", "12,345.60", "USD", "12345.6"),
        ("amount", "1.234", "USD", "1.234"),
    ],
)
def test_an_amount_is_read_in_the_units_of_its_key_and_currency(
    build: Build, key: str, value: Any, currency: str | None, amount: str
) -> None:
    tables = build(deliver("sale.created", {"receipt": "A", "date": SOLD, key: value, "currency": currency}))
    assert pick(tables["fct_sales"], "gross_amount") == [(Decimal(amount),)]


@pytest.mark.parametrize(
    ("currency", "amount", "fee", "account"),
    [
        ("JPY", "5000", "200", "1000"),
        ("TND", "5", "0.2", "1"),
        ("USD", "50", "2", "10"),
        (None, "50", "2", "10"),
    ],
)
def test_a_reversal_without_a_currency_has_the_minor_units_of_its_sale(
    build: Build, currency: str | None, amount: str, fee: str, account: str
) -> None:
    """Told again with the currency it is the same reversal; that of a rebill knows the currency by its root."""
    told = {"transactionTime": REVERSED, "amount_cents": 5000, "fee_cents": 200, "account_amount_cents": 1000}
    parts = [
        {"receipt": "B", "refund_id": "R2"},
        {"receipt": "B", "refund_id": "R2", "amount_cents": 0, "currency": currency},
    ]
    again = {"currency": currency, "refund_id": "R1"} if currency else {"refund_id": "R1"}
    tables = build(
        sale("A", SOLD, 9000, currency=currency),
        deliver("refund.processed", told | {"receipt": "A"}),
        deliver("refund.processed", told | {"receipt": "A"} | again),
        deliver("chargeback.received", told | {"receipt": "A-B002"}),
        deliver("refund.processed", [told | part for part in parts]),
    )
    refunds = [row for row in tables["fct_refunds"] if row["receipt"] == "A"]
    assert pick(refunds, "refund_amount", "fee_amount", "account_amount", "currency") == [
        (Decimal(amount), Decimal(fee), Decimal(account), currency)
    ]
    split = only(tables["fct_refunds"], receipt="B")
    assert (split["refund_amount"], split["account_amount"]) == (Decimal(amount), 2 * Decimal(account))
    dispute = only(tables["fct_chargebacks"])
    assert (dispute["chargeback_amount"], dispute["currency"]) == (Decimal(amount), currency)


def test_a_reversal_without_a_seller_and_a_currency_fits_the_sale_in_yen(build: Build) -> None:
    tables = build(
        sale("A", SOLD, 5000, vendor="one", currency="JPY"),
        sale("A", SOLD, 60, vendor="two", currency="USD"),
        deliver("refund.processed", {"receipt": "A", "transactionTime": REVERSED, "amount_cents": 5000}),
    )
    row = only(tables["fct_refunds"])
    assert (row["vendor"], row["refund_amount"], row["currency"]) == ("one", 5000, "JPY")


def test_the_lines_of_a_sale_have_the_minor_units_of_its_currency(build: Build) -> None:
    lines = [
        {"sku": "a", "price_cents": 4000},
        {"sku": "b", "price_cents": " 1000 "},
        {"sku": "c", "price": 5},
    ]
    yen = build(sale("A", SOLD, 5005, currency="JPY", items=lines))
    dollars = build(sale("A", SOLD, 55, items=lines))
    assert [row["price_amount"] for row in yen["fct_sale_lines"]] == [4000, 1000, 5]
    assert [row["price_amount"] for row in dollars["fct_sale_lines"]] == [40, 10, 5]


@pytest.mark.parametrize("amount", ["0,075", "12,34", "1,2345", "50%", "1.234,50"])
def test_a_comma_that_groups_no_thousands_cannot_be_read(build: Build, amount: str) -> None:
    tables = build(deliver("sale.created", {"receipt": "A", "date": SOLD, "amount": amount}))
    assert pick(tables["quarantine"], "reason", "json_path") == [("bad_money", "$.data.amount")]


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles", "Pacific/Kiritimati"])
def test_a_bare_date_is_that_day_in_the_report_zone_and_a_naive_time_is_pacific(
    tmp_path: Path, zone: str
) -> None:
    days = [sale("A", "2026-05-01"), sale("B", "2026-03-08"), refund("A", "2026-05-03", 5)]
    with built(days, tmp_path / "days", timezone=zone) as store:
        assert pick(rows_of(store, "fct_sales"), "receipt", "sold_date") == [
            ("A", date(2026, 5, 1)),
            ("B", date(2026, 3, 8)),
        ]
        assert pick(rows_of(store, "fct_refunds"), "refunded_date", "days_to_refund") == [
            (date(2026, 5, 3), 2)
        ]
    with built([sale("A", "2026-05-01T23:00:00")], tmp_path / "times", timezone=zone) as store:
        is_ahead = zone != "America/Los_Angeles"
        assert only(rows_of(store, "fct_sales"))["sold_date"] == date(2026, 5, 2 if is_ahead else 1)


LINES: list[tuple[dict[str, Any], list[dict[str, Any]], list[int]]] = [
    ({"totalOrderAmount": 60}, [{"productPrice": 20, "quantity": 3}], [60]),
    ({"totalOrderAmount": 60}, [{"productPrice": 60, "quantity": 3}], [60]),
    ({"totalOrderAmount": 50}, [{"productPrice": 20, "quantity": 3}], [20]),
    ({"totalOrderAmount": 70, "tax": 6, "shipping": 4}, [{"price": 20, "quantity": 3}], [60]),
    ({"totalOrderAmount": 55}, [{"price": 20, "quantity": 3, "productDiscount": 5}], [60]),
    ({"totalOrderAmount": 90}, [{"price": 20, "quantity": 3}, {"price": 30}], [60, 30]),
    ({"totalOrderAmount": 90}, [{"price": 20, "quantity": "many"}, {"price": 30}], [20, 30]),
    ({"totalOrderAmount": 40}, [{"price": 20, "quantity": 1}, {"price": 20}], [20, 20]),
]


@pytest.mark.parametrize(("amounts", "lines", "line_amounts"), LINES)
def test_a_line_is_quantity_times_price_only_where_that_alone_adds_up(
    build: Build, amounts: dict[str, Any], lines: list[dict[str, Any]], line_amounts: list[int]
) -> None:
    numbered = [{"itemNo": str(number)} | line for number, line in enumerate(lines)]
    tables = build(sale("A", SOLD, **amounts, lineItems=numbered), refund("A", REVERSED, 30))
    prices = [line.get("price", line.get("productPrice")) for line in lines]
    assert [row["price_amount"] for row in tables["fct_sale_lines"]] == prices
    assert [row["line_amount"] for row in tables["fct_sale_lines"]] == line_amounts
    assert sum(row["line_sales"] for row in tables["daily_product_sales"]) == sum(line_amounts)


def test_a_refund_is_shared_in_proportion_to_what_the_lines_amount_to(build: Build) -> None:
    lines = [{"itemNo": "a", "productPrice": 20, "quantity": 3}, {"itemNo": "b", "productPrice": 30}]
    tables = build(sale("A", SOLD, 90, lineItems=lines), refund("A", SOLD, 90))
    products = [row for row in tables["product_performance"] if row["window_days"] == 30]
    assert pick(products, "item_no", "gross_sales", "net_sales") == [("a", 60, 0), ("b", 30, 0)]


def test_a_payment_plan_is_read_inside_its_line_and_beside_it(build: Build) -> None:
    plan = {
        "rebillAmount": 47.0,
        "paymentsProcessed": 2,
        "paymentsRemaining": 9,
        "nextPaymentDate": "2026-06-01",
    }
    tables = build(
        sale("A", SOLD, lineItems=[{"itemNo": "1", "paymentPlan": plan | {"rebillStatus": "ACTIVE"}}]),
        sale("B", SOLD, lineItems=[{"itemNo": "1"} | plan | {"paymentPlan": "monthly"}]),
        sale("C", SOLD, item="1", recurring="true", **plan),
        sale("D", SOLD, lineItems=[{"itemNo": "1"}]),
    )
    columns = ("payments_processed", "payments_remaining", "next_payment_date", "rebill_amount")
    told = (2, 9, date(2026, 6, 1), Decimal(47))
    assert pick(tables["fct_sale_lines"], "receipt", *columns) == [
        *(("A", *told), ("B", *told), ("C", *told), ("D", None, None, None, None)),
    ]


def test_a_row_of_an_older_api_is_read_by_its_own_words(build: Build) -> None:
    row = {
        "date": SOLD, "receipt": "abcd1234", "txnType": "SALE", "pmtType": "VISA", "item": "7", "title": "A course",
        "amount": "19.99", "site": "Shop", "affi": "Joe", "promo": "mail-3", "currency": "USD",
    }  # fmt: skip
    legacy = {
        "ctransreceipt": "EFGH5678", "ctransaction": "BILL", "ctranstime": "1777636800", "corderamount": "1999",
        "ccurrency": "USD", "ctranspublisher": "shop", "caffitid": "mail-3", "cproditem": "7",
        "cprodtitle": "A course", "ctransaffiliate": "joe", "ctranspaymentmethod": "VISA",
        "crebillamnt": "4700", "cprocessedpayments": "2",
    }  # fmt: skip
    tables = build(deliver("sale.created", row), deliver("sale.created", legacy))
    columns = (
        "receipt",
        "transaction_type",
        "gross_amount",
        "vendor",
        "affiliate",
        "payment_method",
        "tracking_id",
    )
    shared = (Decimal("19.99"), "shop", "joe", "VISA", "mail-3")
    assert pick(tables["fct_sales"], *columns) == [
        ("ABCD1234", "SALE", *shared),
        ("EFGH5678", "BILL", *shared),
    ]
    assert pick(tables["fct_sale_lines"], "item_no", "title", "payments_processed", "rebill_amount") == [
        ("7", "A course", 2, Decimal(47)),
        ("7", "A course", None, None),
    ]


def test_a_text_that_was_cut_inside_an_emoji_loses_no_sale(build: Build) -> None:
    cut = (
        b'{"type":"sale.created","data":{"receipt":"A","amount":5,"date":"2026-05-01","title":"Cat \\ud83d"}}'
    )
    whole = cut.replace(b'"A"', b'"B"').replace(b"\\ud83d", b"\\ud83d\\ude00")
    tables = build(RawDelivery(RECEIVED, cut), RawDelivery(RECEIVED, whole))
    assert pick(tables["fct_sale_lines"], "receipt", "title") == [
        ("A", "Cat \ufffd"),
        ("B", "Cat \U0001f600"),
    ]
    assert tables["quarantine"] == []
    assert {row["event_count"] for row in tables["schema_paths"]} == {2}
