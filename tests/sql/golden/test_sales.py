"""Sales, their roles and their lines."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from tests.oracle import RawDelivery
from tests.oracle.builders import RECEIVED, deliver, only, pick, refund, sale

if TYPE_CHECKING:
    from tests.sql.golden import Build


def test_a_receipt_told_to_vendor_and_affiliate_counts_once_and_earns_twice(
    build: Build,
) -> None:
    """One sale of 100; the account earned 50 as vendor and 40 as affiliate; the refund took both back."""
    tables = build(
        sale("A", "2026-05-01T12:00:00Z", totalAccountAmount=40, role="AFFILIATE", affiliate="joe"),
        sale("A", "2026-05-01T12:00:00Z", totalAccountAmount=50, role="VENDOR", affiliate="joe"),
        refund("A", "2026-05-01T13:00:00Z", 100, role="AFFILIATE", totalAccountAmount=-40),
        refund("A", "2026-05-01T13:00:01Z", 100, role="VENDOR", totalAccountAmount=-50),
    )
    assert pick(tables["fct_sales"], "role", "is_counted") == [("AFFILIATE", False), ("VENDOR", True)]
    day = only(tables["daily_sales"])
    assert (day["sale_count"], day["gross_sales"], day["account_amount"]) == (1, 100, 90)
    assert (day["refund_count"], day["refund_amount"], day["reversed_account_amount"]) == (1, 100, 90)
    assert only(tables["fct_orders"])["net_amount"] == 0
    thirty = only(tables["affiliate_performance"], window_days=30)
    assert (thirty["earnings_per_order"], thirty["refund_rate"]) == (90, 1.0)


def test_a_sale_without_lines_has_one_that_reconciles_with_its_gross(build: Build) -> None:
    """320.75 - 26.75 tax - 4 shipping = 290; a sale with only an account amount has a line without a price."""
    amounts = {"totalTaxAmount": 26.75, "totalShippingAmount": 4, "totalAccountAmount": 28.94}
    account_only = {"receipt": "B", "transactionTime": "2026-05-01T12:00:00Z", "totalAccountAmount": 9}
    tables = build(
        sale("A", "2026-05-01T12:00:00Z", 320.75, lineItems=[], sku="P-1", quantity=2, **amounts),
        deliver("sale.created", account_only),
    )
    columns = ("line_number", "item_no", "quantity", "price_amount", "account_amount")
    assert pick(tables["fct_sale_lines"], *columns) == [
        (1, "P-1", 2, Decimal(290), Decimal("28.94")),
        (1, None, 1, None, Decimal(9)),
    ]


def test_a_title_that_starts_with_a_bracket_is_a_title(build: Build) -> None:
    """SQL does not read it as an array, nor N/A as a name, with an escaped slash or at the head of a list."""
    body = (
        b'{"type":"sale.created","data":{"receipt":"A","date":"2026-05-01","amount":1,"affiliate":"N\\/A",'
        b'"trackingCodes":["N/A"],"vendor":{"@nil" : "true"},"product_title":"[Bundle] {x}"}}'
    )
    tables = build(RawDelivery(RECEIVED, body))
    assert pick(tables["fct_sales"], "affiliate", "tracking_id", "vendor") == [(None, None, None)]
    assert only(tables["fct_sale_lines"])["title"] == "[Bundle] {x}"


def test_an_upsell_belongs_to_the_session_it_was_added_to_and_so_does_its_rebill(build: Build) -> None:
    """Three receipts of one session, two of them initial: 2 sales, 1 rebill, 1 order on the first day."""
    tables = build(
        sale(
            "FRONT", "2026-05-01T12:00:00Z", 100, totalTaxAmount=8, upsell={"upsellOriginalReceipt": "FRONT"}
        ),
        sale("UP", "2026-05-01T12:05:00Z", 40, upsell={"upsellOriginalReceipt": "FRONT"}),
        sale("UP-B002", "2026-05-31T12:00:00Z", 40),
    )
    assert pick(tables["fct_sales"], "receipt", "order_key", "is_upsell", "transaction_type") == [
        ("FRONT", "FRONT", False, "SALE"),
        ("UP", "FRONT", True, "SALE"),
        ("UP-B002", "FRONT", False, "BILL"),
    ]
    columns = ("sale_count", "rebill_count", "order_count", "gross_sales", "gross_sales_ex_tax")
    assert pick(tables["daily_sales"], "report_date", *columns) == [
        (date(2026, 5, 1), 2, 0, 1, 140, 132),
        (date(2026, 5, 31), 0, 1, 0, 40, 40),
    ]
    month = only(tables["refund_rates"], report_date=date(2026, 5, 31), window_days=60)
    assert (month["sale_count"], month["rebill_count"]) == (3, 1)
    assert only(tables["refund_cohorts"], sold_date=date(2026, 5, 31), horizon_days=7)["cohort_sales"] == 1


def test_what_a_sale_does_not_say_is_derived_or_unknown_and_never_assumed(build: Build) -> None:
    """No role: VENDOR; no type: SALE, or BILL when flagged; no account amount: its lines' sum; no gross: NULL."""
    lines = [
        {"itemNo": "X", "customerAmount": 60, "accountAmount": 20},
        {"itemNo": "Y", "accountAmount": "10.50"},
    ]
    bare = {"transactionTime": "2026-05-01T12:00:00Z"}
    tables = build(
        deliver("sale.created", bare | {"receipt": "A", "lineItemData": lines}),
        deliver("sale.created", bare | {"receipt": "B", "amount": 5, "is_rebill": "Y"}),
        deliver("sale.created", bare | {"receipt": "C", "amount": 5, "role": "JV_UPSELL"}),
    )
    columns = ("receipt", "role", "transaction_type", "gross_amount", "account_amount", "currency")
    assert pick(tables["fct_sales"], *columns) == [
        ("A", "VENDOR", "SALE", None, Decimal("30.5000"), None),
        ("B", "VENDOR", "BILL", 5, None, None),
        ("C", "JV_UPSELL", "SALE", 5, None, None),
    ]
    own = [row for row in tables["fct_sale_lines"] if row["item_no"] is not None]
    assert pick(own, "line_number", "item_no", "price_amount") == [(1, "X", 60), (2, "Y", None)]
