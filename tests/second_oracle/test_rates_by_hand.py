"""Rates, cohorts and months, counted by hand."""

from tests.second_oracle.samples import dispute, refund, sale, told


def test_rates_count_both_kinds_of_sale_and_each_reversed_receipt_once() -> None:
    answer = told(
        sale(),
        sale("OAR1"),
        sale("KAYAK001-B002", day="2026-03-05"),
        refund(day="2026-03-10", amount=20),
        refund(day="2026-03-11", amount=60),
    )
    rows = {
        (str(r["report_date"]), r["window_days"]): (r["sale_count"], r["refund_count"], r["refund_rate"])
        for r in answer["refund_rates"]
    }
    assert rows["2026-03-11", 30] == (3, 1, 1 / 3)
    assert rows["2026-03-11", 1] == (0, 1, None)
    assert rows["2026-03-08", 7] == (3, 0, 0)
    assert rows["2026-03-09", 7] == (1, 0, 0)
    assert max(date for date, _ in rows) == "2026-03-11"


def test_a_cohort_is_unknown_until_it_is_as_old_as_its_horizon() -> None:
    answer = told(sale(), refund(day="2026-03-09"), sale("OAR1", day="2026-03-16"))
    cells = {
        (str(r["sold_date"]), r["horizon_days"]): (
            r["is_mature"],
            r["refunded_sales"],
            r["refund_rate_cohort"],
        )
        for r in answer["refund_cohorts"]
    }
    assert cells["2026-03-02", 7] == (True, 1, 1)
    assert cells["2026-03-02", 14] == (True, 1, 1)
    assert cells["2026-03-02", 30] == (False, None, None)
    assert cells["2026-03-16", 7] == (False, None, None)


def test_a_months_disputes_stand_beside_its_own_sales_and_the_months_before() -> None:
    answer = told(sale(), sale("OAR1", day="2026-04-03"), sale("OAR2", day="2026-04-04"), dispute())
    months = {
        str(r["month"]): (r["sale_count"], r["chargeback_rate"], r["chargeback_rate_previous_month"])
        for r in answer["chargeback_months"]
    }
    assert months == {"2026-03-01": (1, 0, None), "2026-04-01": (2, 0.5, 1)}
