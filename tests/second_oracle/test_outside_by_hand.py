"""The events outside the figures, and the money they tell."""

from typing import Any

from tests.second_oracle.history import UNDECIDED, Table
from tests.second_oracle.samples import event, refund, sale, sale_data, told


def rows_of(table: Table) -> set[tuple[Any, ...]]:
    columns = ("kind", "event_type", "currency", "event_count", "known_amount", "unknown_amount_count")
    return {tuple(row[column] for column in columns) for row in table}


def test_events_that_do_not_count_are_summed_by_type_and_currency() -> None:
    answer = told(
        sale("GOOD1", amount=999),
        sale("", amount=100),
        sale("", amount=20.5),
        sale("BAD1", amount="0,075"),
        sale("NEG1", amount=-30, currency="EUR"),
        refund("GOOD1", amount=-12, status="failed"),
        event("subscription.paused", {"receipt": "GOOD1", "amount": 5}),
        b"<html>",
    )
    assert rows_of(answer["outside_the_figures"]) == {
        ("quarantined", None, None, 1, None, 1),
        ("quarantined", "sale.created", "EUR", 1, 30, 0),
        ("quarantined", "sale.created", "USD", 3, 120.5, 1),
        ("unhandled", "refund.processed", "USD", 1, 12, 0),
        ("unhandled", "subscription.paused", None, 1, None, 1),
    }


def test_rows_of_one_currency_add_up_and_those_of_one_receipt_are_undecided() -> None:
    lost = sale_data("", amount=2.5)
    answer = told(event("sale.created", [sale_data("OAR1", amount=40), lost]))
    assert rows_of(answer["outside_the_figures"]) == {("quarantined", "sale.created", "USD", 1, 42.5, 0)}
    parts = [sale_data("OAR1", amount=None, order_total=total) for total in (5, 6)]
    (row,) = told(event("sale.created", parts))["outside_the_figures"]
    assert (row["event_count"], row["currency"], row["known_amount"]) == (1, UNDECIDED, UNDECIDED)


def test_an_order_without_a_net_and_a_refund_of_one_of_two_sellers() -> None:
    answer = told(
        sale("EURO1", amount=57),
        refund("EURO1", amount=50, currency="EUR"),
        *(sale("TWICE", amount=97, vendor=vendor) for vendor in ("storea", "storeb")),
        refund("TWICE", amount=97, vendor=None),
    )
    assert rows_of(answer["outside_the_figures"]) == {
        ("ambiguous_receipt", "refund.processed", "USD", 1, 97, 0),
        ("unknown_net", "sale.created", "USD", 1, 57, 0),
    }
