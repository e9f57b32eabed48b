"""The sales of a day with all later reversals, by hand. Sources: the metric definitions, ClickBank's fee notes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.oracle.builders import chargeback, only, refund, sale
from tests.sql.one_store import opened, tables_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.oracle import RawDelivery
    from transforms.store.store import Store

MATURE, DAY_119, LATER = "2026-01-05T12:00:00Z", "2026-03-03T12:00:00Z", "2026-06-30T12:00:00Z"
FEE_PARTS = {"totalTaxAmount": 26.75, "totalShippingAmount": 0, "totalAccountAmount": 28.94}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    yield from opened(tmp_path_factory.mktemp("data"), threads=1)


def cohort(store: Store, *deliveries: RawDelivery, day: str = MATURE, **where: Any) -> dict[str, Any]:
    rows = tables_of(store, *deliveries, sale("LAST", LATER))["sale_cohorts"]
    return only(rows, sold_date=date.fromisoformat(day[:10]), **where)


def test_reversals_move_to_the_day_of_their_sale_and_one_receipt_counts_once(store: Store) -> None:
    """net_sales_cohort: gross less reversals on the sale's date; reversal_rate: receipts refunded OR charged back."""
    found = cohort(
        store,
        *(sale(receipt, MATURE, 100) for receipt in ("A1", "A2", "A3", "A4")),
        *(refund("A1", "2026-01-10T12:00:00Z", 30), refund("A1", "2026-06-01T12:00:00Z", 70)),
        *(chargeback("A1", "2026-02-01T12:00:00Z", 100), chargeback("A2", "2026-06-29T12:00:00Z", 100)),
    )
    assert (found["gross_sales"], found["net_sales_cohort"]) == (400, 100)
    assert (found["refunded_sales"], found["charged_back_sales"], found["reversed_sales"]) == (1, 2, 2)
    assert (found["reversal_rate"], found["chargeback_rate_cohort"]) == (0.5, 0.5)
    assert (found["is_mature"], found["as_of_date"]) == (True, date(2026, 6, 30))


def test_a_cohort_younger_than_120_days_has_amounts_and_no_rate(store: Store) -> None:
    young = cohort(store, sale("A1", DAY_119), chargeback("A1", LATER), day=DAY_119)
    assert (young["charged_back_sales"], young["net_sales_cohort"], young["is_mature"]) == (1, 0, False)
    rates = ("reversal_rate", "chargeback_rate_cohort", "chargeback_rate_cohort_net")
    assert [young[rate] for rate in rates] == [None, None, None]
    assert cohort(store, sale("A1", "2026-03-02T12:00:00Z"), day="2026-03-02")["reversal_rate"] == 0


def test_a_dispute_that_was_won_later_counts_in_the_gross_rate_only(store: Store) -> None:
    """Networks count every dispute; chargeback_rate_cohort_net leaves out those that were reversed or won."""
    found = cohort(
        store,
        *(sale(receipt, MATURE) for receipt in ("A1", "A2")),
        *(chargeback(receipt, "2026-02-01T12:00:00Z", chargeback_id=receipt) for receipt in ("A1", "A2")),
        chargeback("A1", "2026-03-01T12:00:00Z", chargeback_id="A1", status="won"),
        chargeback("A2", "2026-03-01T12:00:00Z", chargeback_id="A2", status="lost"),
    )
    assert (found["chargeback_rate_cohort"], found["chargeback_rate_cohort_net"]) == (1, 0.5)


def test_an_order_is_a_session_with_its_upsells_and_without_rebills(store: Store) -> None:
    """Average order value: gross of sessions with their front-end sale / such sessions."""
    found = cohort(
        store,
        sale("A1", MATURE, 100, upsell={"upsellOriginalReceipt": "A1"}),
        sale("A2", "2026-01-06T12:00:00Z", 50, upsell={"upsellOriginalReceipt": "A1"}),
        sale("A1-B002", "2026-02-05T12:00:00Z", 100, transactionType="BILL"),
        sale("B1", MATURE, 0),
        sale("C2", MATURE, 900, upsell={"upsellOriginalReceipt": "GONE"}),
    )
    assert (found["sale_count"], found["order_count"]) == (3, 2)
    assert found["average_order_value"] == Decimal(75)


def test_currencies_are_cohorts_of_their_own_and_yen_have_no_minor_unit(store: Store) -> None:
    yen = cohort(store, sale("A1", MATURE), sale("J1", MATURE, 1000, currency="JPY"), currency="JPY")
    assert (yen["net_sales_cohort"], yen["average_order_value"]) == (1000, 1000)


def test_a_rebills_refund_stays_with_the_day_of_the_rebill(store: Store) -> None:
    deliveries = (
        sale("A1", MATURE, 100),
        sale("A1-B002", "2026-02-05T12:00:00Z", 40, transactionType="BILL"),
        refund("A1-B002", "2026-02-06T12:00:00Z", 40),
    )
    assert cohort(store, *deliveries)["net_sales_cohort"] == 100
    rebill = cohort(store, *deliveries, day="2026-02-05")
    assert (rebill["rebill_count"], rebill["net_sales_cohort"], rebill["order_count"]) == (1, 0, 0)
    assert rebill["average_order_value"] is None


@pytest.mark.parametrize(
    ("more", "fee"),
    [
        ({}, Decimal("25.06")),
        ({"role": "AFFILIATE"}, None),
        ({"totalTaxAmount": None}, None),
        ({"lineItems": [{"itemNo": "p"}]}, None),
        ({"lineItems": [{"itemNo": "p"}], "affiliate": None}, Decimal("265.06")),
        (
            {"lineItems": [{"affiliatePayout": 200, "jvPayout": 30}, {"affiliatePayout": 10}]},
            Decimal("25.06"),
        ),
    ],
)
def test_the_platforms_fee_is_what_the_parts_leave(
    store: Store, more: dict[str, Any], fee: Decimal | None
) -> None:
    """A real order of 320.75 with tax 26.75, affiliate 240 and account 28.94 implies 25.06, not 7.5 % + 1."""
    data = {"affiliate": "joe", "lineItems": [{"itemNo": "p", "affiliatePayout": 240}], **FEE_PARTS, **more}
    assert only(tables_of(store, sale("A1", MATURE, 320.75, **data))["fct_sales"])["platform_fee"] == fee


def test_a_chargebacks_fee_is_read_under_its_own_name(store: Store) -> None:
    tables = tables_of(
        store, chargeback("A1", MATURE, fee_amount="22.00"), chargeback("A2", MATURE, fee_cents=2900)
    )
    assert sorted(row["fee_amount"] for row in tables["fct_chargebacks"]) == [22, 29]
