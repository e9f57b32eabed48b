"""Parts of one thing: lines, totals, and one id over several rows, receipts or items."""

from tests.second_oracle.samples import (
    Event,
    column,
    dispute_data,
    event,
    only,
    refund,
    refund_data,
    sale,
    sale_data,
    told,
)


def test_rows_of_one_sale_in_one_body_are_its_lines() -> None:
    rows = [sale_data(amount=50, item_no="boat"), sale_data(amount=30, item_no="oar")]
    answer = told(event("sale.created", rows))
    assert only(answer["fct_sales"])["gross_amount"] == 80
    assert column(answer["fct_sale_lines"], "line_amount") == [30, 50]


def test_the_orders_own_total_counts_once_and_two_of_them_quarantine_the_body() -> None:
    def rows(*totals: int) -> Event:
        lines = [sale_data(amount=None, totalOrderAmount=t, item_no=str(n)) for n, t in enumerate(totals)]
        return event("sale.created", lines)

    assert only(told(rows(80, 80))["fct_sales"])["gross_amount"] == 80
    answer = told(rows(80, 70))
    assert (answer["fct_sales"], only(answer["quarantine"])["reason"]) == ([], "parts_disagree")


def test_rows_equal_in_every_field_are_one_row_told_twice() -> None:
    assert (
        only(told(event("refund.processed", [refund_data(amount=5)] * 2))["fct_refunds"])["refund_amount"]
        == 5
    )


def test_a_refund_told_per_line_without_an_id_is_one_refund() -> None:
    rows = [refund_data(amount=10, item_no="oar"), refund_data(amount=25, item_no="boat")]
    assert only(told(event("refund.processed", rows))["fct_refunds"])["refund_amount"] == 35


def test_one_reversal_id_over_two_receipts_is_one_reversal_per_receipt() -> None:
    rows = [dispute_data(receipt, amount=10, dispute_id="d1") for receipt in ("OAR1", "OAR2")]
    assert column(told(event("chargeback.received", rows))["fct_chargebacks"], "receipt") == ["OAR1", "OAR2"]


def test_parts_in_two_currencies_are_never_added() -> None:
    rows = [sale_data(amount=50), sale_data(amount=30, currency="EUR")]
    assert column(told(event("sale.created", rows))["events"], "status") == ["quarantined"]


def test_one_refund_id_in_two_events_with_different_items_is_two_parts() -> None:
    parts = [refund(amount=amount, refund_id="R1", item_no=item) for item, amount in (("a", 10), ("b", 20))]
    assert only(told(sale(), *parts)["fct_orders"])["refunded_amount"] == 30
    again = refund(amount=10, refund_id="R1", item_no="a", reason="repeated")
    assert only(told(sale(), *parts, again)["fct_orders"])["refunded_amount"] == 30


def test_a_value_that_only_a_later_part_tells_is_the_things() -> None:
    rows = [
        sale_data(amount=50, item_no="boat", affiliate=None, country=None),
        sale_data(amount=30, item_no="oar", affiliate="joe", country="DE"),
        sale_data(amount=10, item_no="bag", affiliate="eve", tracking_id="t1"),
    ]
    row = only(told(event("sale.created", rows))["fct_sales"])
    assert (row["affiliate"], row["country"], row["tracking_id"]) == ("joe", "DE", "t1")


def test_the_time_that_a_part_tells_is_the_things_and_not_the_envelopes() -> None:
    rows = [
        refund_data(amount=5, refund_id="R", refunded_at=None),
        refund_data(amount=6, refund_id="R", refunded_at="2026-05-03T12:00:00Z"),
    ]
    answer = told(event("refund.processed", rows, created_at="2026-05-09T12:00:00Z"))
    assert only(answer["fct_refunds"])["refunded_at"].day == 3
