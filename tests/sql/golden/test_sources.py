"""One transaction that several sources tell counts once, whichever of them tells it first."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.oracle import RawDelivery
from tests.oracle.builders import RECEIVED, deliver, only, pick
from tests.sql.source_histories import told_by

if TYPE_CHECKING:
    from tests.sql.golden import Build

REFUND = "refund.processed"
CHARGEBACK = "chargeback.received"
AMOUNTS = {REFUND: "refund_amount", CHARGEBACK: "chargeback_amount", "sale.created": "totalOrderAmount"}


def enclosed(type_: str, at: str, amount: float | None, source: str = "current", **more: Any) -> RawDelivery:
    """Return a body in Command Center's envelope, from any source."""
    data = {"receipt": "R1", "vendor": "shop", "transactionTime": at} | more
    data |= {} if amount is None else {AMOUNTS[type_]: amount}
    return told_by(source, deliver(type_, data))


def sold(at: str = "2026-03-01T18:00:03Z", amount: float | None = 47, **more: Any) -> RawDelivery:
    return enclosed("sale.created", at, amount, **({"currency": "USD"} | more))


def noted(type_: str, at: str, amount: float, **more: Any) -> RawDelivery:
    """Return a notification of INS."""
    data = {"receipt": "R1", "vendor": "shop", "transactionType": type_, "transactionTime": at}
    body = data | {"totalOrderAmount": amount, "currency": "USD", "role": "VENDOR", "version": 8} | more
    return RawDelivery(RECEIVED, json.dumps(body).encode(), "ins:current")


def refunds(build: Build, *history: RawDelivery) -> list[tuple[Any, ...]]:
    """Return amount, day and sources of the refunds, which must not depend on the order of arrival."""
    columns = ("refund_amount", "refunded_date", "sources", "told_count")
    first, last = ([pick(build(*each)["fct_refunds"], *columns)] for each in (history, history[::-1]))
    assert first == last
    return [(amount, day.isoformat(), sources, count) for amount, day, sources, count in first[0]]


def order_of(build: Build, *history: RawDelivery) -> dict[str, Any]:
    found = [only(build(*each)["fct_orders"]) for each in (history, history[::-1])]
    assert found[0]["state"] == found[1]["state"]
    assert found[0]["net_amount"] == found[1]["net_amount"]
    return found[0]


SALE_BY_INS = noted("SALE", "20260301T100000-0800", 47)
BOTH = "command_center,ins"


def test_a_sale_takes_each_group_of_fields_from_the_best_source_that_tells_it(build: Build) -> None:
    history = [
        sold(currency="EUR", tax=3.10, affiliate="partner", tid="t7"),
        noted("SALE", "20260301T100000-0800", 51.20, currency="EUR"),
        sold("2026-03-01T10:00:00-08:00", 47, currency="EUR", accountAmount=20, source="orders"),
    ]
    columns = (
        *("gross_amount", "currency", "customer_currency", "account_amount", "tax_amount", "affiliate"),
        *("sources", "amount_source", "payment_number", "tracking_id"),
    )
    for each in (history, history[::-1], [*history[1:], history[0]]):
        sale = only(build(*each)["fct_sales"])
        assert tuple(sale[column] for column in columns) == (
            *(Decimal("51.20"), "USD", "EUR", Decimal(20), None, "partner"),
            *("command_center,ins,orders", "ins", 1, "t7"),
        )
        assert sale["sold_at"].isoformat() == "2026-03-01T18:00:00+00:00"


def test_money_is_one_block_of_the_best_source_that_tells_a_gross(build: Build) -> None:
    """INS tells no gross here: its account amount counts, and gross, tax and currency are those of Command Center."""
    without_gross = {"totalOrderAmount": None, "totalAccountAmount": 20, "totalTaxAmount": 9}
    history = [sold(tax=3.10, currency="EUR"), noted("SALE", "20260301T100000-0800", 0, **without_gross)]
    for each in (history, history[::-1]):
        sale = only(build(*each)["fct_sales"])
        assert (sale["gross_amount"], sale["tax_amount"], sale["currency"]) == (47, Decimal("3.10"), "EUR")
        assert (sale["account_amount"], sale["amount_source"], sale["sources"]) == (
            20,
            "command_center",
            BOTH,
        )


def test_an_instant_with_its_second_and_offset_comes_before_a_better_source_without(build: Build) -> None:
    history = [sold(), noted("SALE", "2026-03-01", 47)]
    for each in (history, history[::-1]):
        sale = only(build(*each)["fct_sales"])
        assert sale["sold_at"].isoformat() == "2026-03-01T18:00:03+00:00"
        assert (sale["is_time_assumed"], sale["amount_source"]) == (False, "ins")


def test_lines_are_one_list_and_one_with_prices_comes_first(build: Build) -> None:
    """Versions of INS before 7 tell no price of a line."""
    priced = [{"itemNo": str(number), "productPrice": 20, "quantity": 1} for number in (1, 2, 3)]
    unpriced = [{"itemNo": "1", "accountAmount": 30, "quantity": 1}]
    history = [
        sold(amount=60, lineItems=priced),
        noted("SALE", "20260301T100000-0800", 60, lineItems=unpriced),
    ]
    for each in (history, history[::-1]):
        tables = build(*each)
        assert pick(tables["fct_sale_lines"], "item_no", "line_amount") == [("1", 20), ("2", 20), ("3", 20)]
        assert only(tables["fct_sales"])["gross_amount"] == 60


def test_a_row_per_item_and_one_body_with_lines_are_one_sale(build: Build) -> None:
    rows = [
        {"receipt": "R1", "vendor": "shop", "transactionTime": "2026-03-01T18:00:00Z", "currency": "USD"}
        | {"itemNo": str(number), "amount": 20}
        for number in (1, 2, 3)
    ]
    paged = told_by("orders", deliver("sale.created", rows))
    lines = [{"itemNo": str(number), "productPrice": 20, "quantity": 1} for number in (1, 2, 3)]
    history = [paged, noted("SALE", "20260301T100000-0800", 60, lineItems=lines)]
    for each in (history, history[::-1]):
        tables = build(*each)
        assert pick(tables["fct_sales"], "gross_amount", "sources") == [(60, "ins,orders")]
        assert pick(tables["fct_sale_lines"], "item_no", "line_amount") == [("1", 20), ("2", 20), ("3", 20)]


def test_two_equal_partial_refunds_that_both_tell_are_two(build: Build) -> None:
    history = [
        *(sold(), SALE_BY_INS),
        *(noted("RFND", f"202603{day}T100000-0800", -23.50) for day in ("11", "13")),
        *(enclosed(REFUND, f"2026-03-{day}T18:00:04Z", 23.50, refund_id=day) for day in ("11", "13")),
    ]
    assert refunds(build, *history) == [
        (Decimal("23.50"), "2026-03-11", BOTH, 2),
        (Decimal("23.50"), "2026-03-13", BOTH, 2),
    ]
    assert order_of(build, *history)["state"] == "refunded"


def test_two_equal_partial_refunds_of_which_each_source_tells_one_are_two(build: Build) -> None:
    """Together they take back no more than the gross; the pair is listed by a warning check."""
    history = [
        *(sold(), SALE_BY_INS),
        enclosed(REFUND, "2026-03-11T18:00:00Z", 23.50),
        noted("RFND", "20260313T100000-0800", -23.50),
    ]
    assert refunds(build, *history) == [
        (Decimal("23.50"), "2026-03-11", "command_center", 1),
        (Decimal("23.50"), "2026-03-13", "ins", 1),
    ]


def test_a_full_refund_that_one_source_tells_a_day_later_is_one(build: Build) -> None:
    history = [
        *(sold(), SALE_BY_INS),
        noted("RFND", "20260320T100000-0700", 47),
        enclosed(REFUND, "2026-03-21T09:10:00Z", 47, refund_id="X"),
    ]
    assert refunds(build, *history) == [(Decimal(47), "2026-03-20", BOTH, 2)]
    assert order_of(build, *history)["net_amount"] == 0


def test_three_sources_tell_one_refund_at_three_instants(build: Build) -> None:
    history = [
        *(sold(), SALE_BY_INS, sold("2026-03-01T18:00:00Z", source="orders")),
        noted("RFND", "20260311T100000-0700", -47),
        enclosed(REFUND, "2026-03-11T17:00:05Z", 47, refund_id="X"),
        enclosed(REFUND, "2026-03-11", -47, "orders"),
    ]
    assert refunds(build, *history) == [(Decimal(47), "2026-03-11", "command_center,ins,orders", 3)]
    assert only(build(*history)["fct_refunds"])["refund_id"] == "X"


def test_a_refund_in_two_currencies_is_one_by_its_share_of_each_sources_gross(build: Build) -> None:
    """EUR 23.50 of 47 and USD 25.61 of 51.20 are both a half; the fact is in the currency of the sale."""
    history = [
        *(sold(currency="EUR"), noted("SALE", "20260301T100000-0800", 51.20, currency="EUR")),
        enclosed(REFUND, "2026-03-11T18:00:04Z", 23.50, currency="EUR"),
        noted("RFND", "20260311T110000-0700", -25.61, currency="EUR"),
    ]
    assert refunds(build, *history) == [(Decimal("25.61"), "2026-03-11", BOTH, 2)]
    assert order_of(build, *history)["net_amount"] == Decimal("25.59")


def test_a_refund_that_names_no_currency_has_that_of_the_sale_in_its_own_source(build: Build) -> None:
    history = [
        *(sold(currency="EUR"), noted("SALE", "20260301T100000-0800", 51.20, currency="EUR")),
        enclosed(REFUND, "2026-03-11T18:00:04Z", 47),
    ]
    for each in (history, history[::-1]):
        refund = only(build(*each)["fct_refunds"])
        assert (refund["refund_amount"], refund["currency"], refund["is_other_currency"]) == (47, "EUR", True)


def test_a_bare_date_is_one_with_an_instant_of_its_day(build: Build) -> None:
    """Half the gross: nothing but the day tells that they are one."""
    half = enclosed(REFUND, "2026-03-11", 23.50, "orders")
    history = [*(sold(), SALE_BY_INS), noted("RFND", "20260311T223000-0700", -23.50), half]
    assert refunds(build, *history) == [(Decimal("23.50"), "2026-03-11", "ins,orders", 2)]
    other_day = enclosed(REFUND, "2026-03-13", 23.50, "orders")
    assert len(refunds(build, *history[:-1], other_day)) == 2


@pytest.mark.parametrize(("minutes", "count"), [(15, 1), (16, 2)])
def test_partial_refunds_of_two_sources_are_one_within_15_minutes(
    build: Build, minutes: int, count: int
) -> None:
    history = [
        *(sold(), SALE_BY_INS),
        noted("RFND", "20260311T100000-0700", -23.50),
        enclosed(REFUND, f"2026-03-11T17:{minutes}:00Z", 23.50),
    ]
    assert len(refunds(build, *history)) == count


def test_refunds_of_different_items_are_two(build: Build) -> None:
    history = [
        *(sold(), SALE_BY_INS),
        noted("RFND", "20260311T100000-0700", -20, lineItems=[{"itemNo": "1"}]),
        enclosed(REFUND, "2026-03-11T17:00:00Z", 20, lineItems=[{"itemNo": "2"}]),
    ]
    assert len(refunds(build, *history)) == 2
    whole = enclosed(REFUND, "2026-03-11T17:00:01Z", 20, lineItems=[{"itemNo": "2"}, {"itemNo": "1"}])
    assert len(refunds(build, *history[:3], whole)) == 1


def test_two_equal_refunds_of_one_source_stay_two(build: Build) -> None:
    """Though both together take back more than the gross: one source says so."""
    history = [
        sold(),
        enclosed(REFUND, "2026-03-11T17:00:00Z", 47),
        enclosed(REFUND, "2026-03-11T17:00:05Z", 47),
    ]
    assert [row[2:] for row in refunds(build, *history)] == [("command_center", 1)] * 2
    history += [SALE_BY_INS, noted("RFND", "20260311T100004-0700", -47)]
    assert [row[2:] for row in refunds(build, *history)] == [("command_center", 1), (BOTH, 2)]


def test_a_tax_refund_is_one_where_a_source_does_not_name_its_kind(build: Build) -> None:
    history = [
        *(sold(), SALE_BY_INS),
        noted("RFND", "20260311T100000-0700", -3.10, refundType="TAX"),
        enclosed(REFUND, "2026-03-11T17:00:05Z", 3.10),
    ]
    assert refunds(build, *history) == [(Decimal("3.10"), "2026-03-11", BOTH, 2)]
    assert only(build(*history)["fct_refunds"])["refund_type"] == "TAX"
    assert order_of(build, *history)["state"] == "partially_refunded"


def test_a_refund_and_a_chargeback_of_one_receipt_are_two_reversals(build: Build) -> None:
    history = [
        *(sold(), SALE_BY_INS, sold("2026-03-01T18:00:00Z", source="orders")),
        *(noted("RFND", "20260311T100000-0700", -47), noted("CGBK", "20260311T100000-0700", -47)),
        *(enclosed(type_, "2026-03-11T17:00:02Z", -47, "orders") for type_ in (REFUND, CHARGEBACK)),
    ]
    for each in (history, history[::-1]):
        tables = build(*each)
        assert pick(tables["fct_refunds"], "refund_amount", "sources") == [(47, "ins,orders")]
        assert pick(tables["fct_chargebacks"], "chargeback_amount", "sources", "told_count") == [
            (47, "ins,orders", 2)
        ]
        order = only(tables["fct_orders"])
        assert (order["state"], order["is_over_reversed"]) == ("charged_back", True)


def test_later_news_of_a_dispute_finds_it_by_an_id_that_only_one_source_tells(build: Build) -> None:
    history = [
        *(sold(), SALE_BY_INS, noted("CGBK", "20260311T100000-0700", -47)),
        enclosed(CHARGEBACK, "2026-03-11T17:00:02Z", 47, chargeback_id="D"),
        enclosed(CHARGEBACK, "2026-03-31T17:00:00Z", None, chargeback_id="D", status="won"),
    ]
    for each in (history, history[::-1]):
        rows = build(*each)["fct_chargebacks"]
        assert pick(rows, "status", "is_counted", "is_overturned", "sources") == [
            ("received", True, True, BOTH),
            ("won", False, True, "command_center"),
        ]


def test_one_receipt_of_two_sellers_is_two_sales(build: Build) -> None:
    history = [SALE_BY_INS, sold(vendor="other"), noted("RFND", "20260311T100000-0700", -47)]
    history.append(enclosed(REFUND, "2026-03-11T17:00:02Z", 47, vendor="other"))
    for each in (history, history[::-1]):
        tables = build(*each)
        assert pick(tables["fct_sales"], "vendor", "sources") == [
            ("other", "command_center"),
            ("shop", "ins"),
        ]
        assert len(tables["fct_refunds"]) == 2


def test_an_affiliates_own_export_is_another_role_of_the_sale(build: Build) -> None:
    export = sold("2026-03-01T18:00:00Z", role="AFFILIATE", accountAmount=15, source="orders")
    history = [noted("SALE", "20260301T100000-0800", 47, totalAccountAmount=20), export]
    for each in (history, history[::-1]):
        tables = build(*each)
        assert pick(tables["fct_sales"], "role", "account_amount", "is_counted", "sources") == [
            ("AFFILIATE", 15, False, "orders"),
            ("VENDOR", 20, True, "ins"),
        ]


def test_sources_that_disagree_are_no_conflict_of_one_events_bodies(build: Build) -> None:
    event = only(build(sold(currency="EUR"), SALE_BY_INS)["events"])
    assert (event["body_count"], event["is_id_conflict"]) == (2, False)
