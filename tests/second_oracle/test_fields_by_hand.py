"""How fields are read: keys, money, days, lines, and time's limits."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.second_oracle import Delivery, tables
from tests.second_oracle.samples import (
    column,
    deliver,
    dispute,
    dispute_data,
    event,
    only,
    refund,
    sale,
    summed,
    told,
)


def test_a_reversals_own_time_wins_over_the_generic_one() -> None:
    row = only(told(sale(), refund(transaction_date="2026-03-02", date="2026-03-02"))["fct_refunds"])
    assert (str(row["refunded_date"]), row["days_to_refund"]) == ("2026-03-20", 18)
    disputed = only(told(sale(), dispute(date="2026-03-02"))["fct_chargebacks"])
    assert str(disputed["charged_back_date"]) == "2026-04-20"


def test_a_generic_time_serves_where_no_specific_one_is_told() -> None:
    row = only(told(refund(refunded_at=None, transaction_date="2026-03-05"))["fct_refunds"])
    assert str(row["refunded_date"]) == "2026-03-05"


def test_the_own_amount_wins_over_the_orders_total() -> None:
    bare = dispute_data(amount=None, order_total=80)
    partial = event("chargeback.received", {**bare, "amount": 12})
    assert only(told(partial)["fct_chargebacks"])["chargeback_amount"] == 12
    assert only(told(event("chargeback.received", bare))["fct_chargebacks"])["chargeback_amount"] == 80


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1,234", "1234"),
        ("12,345.60", "12345.6"),
        ("$79.00", "79"),
        ("0.075", "0.075"),
        ("1,234,567", "1234567"),
    ],
)
def test_commas_group_thousands(text: str, amount: str) -> None:
    assert only(told(sale(amount=text))["fct_sales"])["gross_amount"] == Decimal(amount)


@pytest.mark.parametrize("text", ["0,075", "1,23", "12,34.5", "1234,567", "eighty", True, "80%"])
def test_other_commas_and_words_are_bad_money(text: object) -> None:
    assert only(told(sale(amount=text))["quarantine"])["reason"] == "bad_money"


@pytest.mark.parametrize(
    ("currency", "amount"), [("USD", "80"), ("JPY", "8000"), ("TND", "8"), ("CLF", "0.8")]
)
def test_minor_units_follow_the_currency(currency: str, amount: str) -> None:
    answer = told(sale(amount=None, amount_cents=8000, currency=currency))
    assert only(answer["fct_sales"])["gross_amount"] == Decimal(amount)


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Asia/Tokyo", "UTC"])
def test_a_bare_date_is_that_day_in_whichever_report_zone(zone: str) -> None:
    answer = told(sale(sold_at="2026-03-02"), report_zone=zone)
    assert str(only(answer["fct_sales"])["sold_date"]) == "2026-03-02"


def test_a_time_with_an_offset_is_an_instant_whose_day_depends_on_the_zone() -> None:
    late = sale(sold_at="20260302T233000-0800")
    assert str(only(told(late)["fct_sales"])["sold_date"]) == "2026-03-02"
    assert str(only(told(late, report_zone="UTC")["fct_sales"])["sold_date"]) == "2026-03-03"
    naive = sale(sold_at="2026-03-02 23:30:00")
    assert only(told(naive)["fct_sales"])["sold_at"] == only(told(late)["fct_sales"])["sold_at"]


@pytest.mark.parametrize(
    ("price", "quantity", "tax", "expected"), [(20, 4, 0, 80), (80, 4, 0, 80), (18, 4, 8, 72), (21, 4, 0, 21)]
)
def test_a_lines_amount_is_quantity_times_price_only_where_that_alone_adds_up(
    price: int, quantity: int, tax: int, expected: int
) -> None:
    line = {"itemNo": "oar", "productPrice": price, "quantity": quantity}
    row = only(told(sale(tax=tax, lineItems=[line]))["fct_sale_lines"])
    assert (row["price_amount"], row["line_amount"]) == (price, expected)


def test_a_payment_plan_may_be_inside_the_line_or_beside_it() -> None:
    plan = {
        "paymentsProcessed": 3,
        "paymentsRemaining": 9,
        "rebillAmount": "19.90",
        "nextPaymentDate": "2026-04-02",
    }
    for line in ({"itemNo": "club", "paymentPlan": plan}, {"itemNo": "club", **plan}):
        row = only(told(sale(line_items=line))["fct_sale_lines"])
        assert (row["payments_processed"], row["payments_remaining"], row["rebill_amount"]) == (
            3,
            9,
            Decimal("19.9"),
        )
    assert only(told(sale(line_items={"itemNo": "book"}))["fct_sale_lines"])["payments_processed"] is None


def test_a_row_of_the_older_orders_api_is_read() -> None:
    row = {
        "receipt": "OLD1",
        "date": "2026-03-02",
        "site": "LakeShop",
        "affi": "Anna",
        "item": "7",
        "amount": 12,
    }
    answer = told(
        event(
            "sale.created", {**row, "promo": "spring", "pmtType": "visa", "txnType": "SALE", "title": "Oar"}
        )
    )
    sold = only(answer["fct_sales"])
    assert (sold["vendor"], sold["affiliate"], sold["payment_method"]) == ("lakeshop", "anna", "VISA")
    line = only(answer["fct_sale_lines"])
    assert (line["item_no"], line["title"], line["line_amount"]) == ("7", "Oar", 12)


def test_a_text_cut_inside_an_emoji_is_mended() -> None:
    body = b'{"type":"sale.created","data":{"receipt":"A1","date":"2026-03-02","amount":5,"title":"Oar \\ud83d"}}'
    assert only(told(body)["fct_sale_lines"])["title"] == "Oar \ufffd"
    whole = body.replace(b"\\ud83d", b"\\ud83d\\ude00")
    assert only(told(whole)["fct_sale_lines"])["title"] == "Oar \U0001f600"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"type":"x","type":"y"}', b'{"data":{"a":NaN}}', b'{"a":"\xff"}', b"null"]
)
def test_a_body_that_is_no_unambiguous_object_is_quarantined(body: bytes) -> None:
    assert only(told(body)["events"])["status"] == "quarantined"


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ({"receipt": None}, "missing_receipt"),
        ({"sold_at": None}, "no_time"),
        ({"amount": None}, "missing_amount"),
    ],
)
def test_a_sale_without_what_it_needs_is_quarantined(missing: dict[str, Any], reason: str) -> None:
    assert only(told(sale(**missing))["quarantine"])["reason"] == reason


def test_a_body_without_data_is_its_own_data() -> None:
    body = {
        "type": "sale.created",
        "id": "e1",
        "created_at": "2026-03-02T10:00:00Z",
        "receipt": "A1",
        "amount": 5,
    }
    assert only(told(body)["fct_sales"])["gross_amount"] == 5


def test_a_time_is_plausible_by_the_latest_delivery_of_its_bytes() -> None:
    early = deliver(sale(), received_at=datetime(2026, 2, 1, tzinfo=UTC))
    assert only(tables(early)["quarantine"])["reason"] == "implausible_time"
    again = Delivery(datetime(2026, 3, 1, tzinfo=UTC), early[0].body)
    assert column(tables([*early, again])["events"], "status") == ["mapped"]
    assert column(tables(early, built_at=datetime(2026, 2, 2, tzinfo=UTC))["events"], "status") == ["mapped"]


def test_today_is_never_later_than_the_latest_receipt() -> None:
    history = deliver(sale(), sale("OAR1", day="2026-03-10"), received_at=datetime(2026, 3, 9, tzinfo=UTC))
    cells = {
        (str(r["sold_date"]), r["horizon_days"]): r["is_mature"] for r in tables(history)["refund_cohorts"]
    }
    assert cells["2026-03-02", 7] is False
    later = [*history, Delivery(datetime(2026, 3, 11, tzinfo=UTC), history[0].body)]
    grown = {
        (str(r["sold_date"]), r["horizon_days"]): r["is_mature"] for r in tables(later)["refund_cohorts"]
    }
    assert grown["2026-03-02", 7] is True


def test_sums_of_orders_and_of_days_agree_to_the_cent() -> None:
    answer = told(
        sale(amount="80.01"), sale("OAR1", amount="0.10"), refund(amount="30.02"), dispute("LOST1", amount=7)
    )
    assert summed(answer["fct_orders"], "net_amount") == summed(answer["daily_sales"], "net_sales")


def test_a_users_key_stands_in_front() -> None:
    answer = told(sale(coach="zoe", affiliate="anna"), user_aliases={"affiliate": ["coach"]})
    assert only(answer["fct_sales"])["affiliate"] == "zoe"
