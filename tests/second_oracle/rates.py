"""Refund and chargeback rates: trailing windows, cohorts and calendar months."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from tests.second_oracle.daily import ordered
from tests.second_oracle.history import History, Table, rate, receipts_of, total
from tests.second_oracle.reversals import Reversal
from tests.second_oracle.sales import Sale

REFUND_WINDOWS = (1, 7, 30, 60, 90)
CHARGEBACK_WINDOWS = (7, 14, 30, 60, 90)
HORIZONS = (7, 14, 30, 60, 90)
SMALL_SAMPLE = 100


class Group:
    """The counted sales and reversals of one currency and vendor."""

    def __init__(self, history: History, currency: object, vendor: object) -> None:
        self.currency = currency
        self.vendor = vendor
        self.sales = [sale for sale in history.counted_sales if _sale_side(sale) == (currency, vendor)]
        self.refunds = [one for one in history.counted_refunds if _reversal_side(one) == (currency, vendor)]
        self.chargebacks = [
            one for one in history.counted_chargebacks if _reversal_side(one) == (currency, vendor)
        ]

    @property
    def first_day(self) -> date:
        """Return the day of the group's first activity of any kind."""
        days = [sale.sold_date for sale in self.sales]
        return min([*days, *(one.happened_date for one in (*self.refunds, *self.chargebacks))])

    @property
    def first_disputed_day(self) -> date:
        """Return the day of the group's first sale or chargeback: a refund begins no rate of chargebacks."""
        days = [sale.sold_date for sale in self.sales]
        return min([*days, *(one.happened_date for one in self.chargebacks)], default=date.max)

    @property
    def names(self) -> dict[str, object]:
        """Return the columns that name the group."""
        return {"currency": self.currency, "vendor": self.vendor}


def _sale_side(sale: Sale) -> tuple[str | None, str | None]:
    return sale.row.currency, sale.seller


def _reversal_side(reversal: Reversal) -> tuple[str | None, str | None]:
    return reversal.currency, reversal.vendor


def groups_of(history: History) -> list[Group]:
    """Return every group of currency and vendor; an unknown currency is a group of its own."""
    sides = [_sale_side(sale) for sale in history.counted_sales]
    sides += [_reversal_side(one) for one in (*history.counted_refunds, *history.counted_chargebacks)]
    return [Group(history, *side) for side in ordered(sides)]


def _windows(
    history: History, lengths: tuple[int, ...], first_day: Callable[[Group], date]
) -> Iterator[tuple[Group, date, int]]:
    """Yield every day from a group's first activity to today, with every window that ends on it."""
    for group in groups_of(history):
        day = first_day(group)
        while history.today is not None and day <= history.today:
            for length in lengths:
                yield group, day, length
            day += timedelta(days=1)


def _is_within(day: date, last: date, length: int) -> bool:
    return last - timedelta(days=length) < day <= last


def refund_rates_table(history: History) -> Table:
    """Hold the receipts refunded in a window against the sales and rebills made in it."""
    rows: Table = []
    for group, day, length in _windows(history, REFUND_WINDOWS, lambda group: group.first_day):
        sales = [sale for sale in group.sales if _is_within(sale.sold_date, day, length)]
        refunds = [one for one in group.refunds if _is_within(one.happened_date, day, length)]
        gross = total([sale.row.amount for sale in sales])
        refunded = total([one.row.amount for one in refunds])
        rows.append(
            {
                "report_date": day,
                **group.names,
                "window_days": length,
                "sale_count": len(sales),
                "rebill_count": sum(sale.row.is_rebill for sale in sales),
                "refund_count": receipts_of(refunds),
                "refund_rate": rate(receipts_of(refunds), len(sales)),
                "gross_sales": gross,
                "refund_amount": refunded,
                "refund_rate_value": rate(refunded, gross),
            }
        )
    return rows


def chargeback_rates_table(history: History) -> Table:
    """Hold the receipts charged back in a window against the sales and rebills made in it."""
    rows: Table = []
    for group, day, length in _windows(history, CHARGEBACK_WINDOWS, lambda group: group.first_disputed_day):
        sales = [sale for sale in group.sales if _is_within(sale.sold_date, day, length)]
        disputes = [one for one in group.chargebacks if _is_within(one.happened_date, day, length)]
        rows.append(
            {
                "report_date": day,
                **group.names,
                "window_days": length,
                "sale_count": len(sales),
                "rebill_count": sum(sale.row.is_rebill for sale in sales),
                "chargeback_count": receipts_of(disputes),
                "chargeback_rate": rate(receipts_of(disputes), len(sales)),
                "is_small_sample": len(sales) < SMALL_SAMPLE,
            }
        )
    return rows


def cohorts_table(history: History) -> Table:
    """Follow the sales of a day: how many were refunded within the horizon.

    A cohort younger than its horizon exists, is not mature, and has neither count nor rate. A refund in
    another currency refunds its sale all the same: only amounts are never compared.
    """
    cohorts = ordered((sale.sold_date, *_sale_side(sale)) for sale in history.counted_sales)
    return [
        _cohort(cohort, horizon, history)
        for cohort in cohorts
        for horizon in HORIZONS
        if history.today is not None
    ]


def _cohort(cohort: tuple[object, ...], horizon: int, history: History) -> dict[str, object]:
    sales = [sale for sale in history.counted_sales if (sale.sold_date, *_sale_side(sale)) == cohort]
    assert history.today is not None
    is_mature = (history.today - sales[0].sold_date).days >= horizon
    refunded = [sale for sale in sales if _is_refunded(sale, horizon, history)]
    return {
        "sold_date": cohort[0],
        "currency": cohort[1],
        "vendor": cohort[2],
        "horizon_days": horizon,
        "cohort_sales": len(sales),
        "rebill_count": sum(sale.row.is_rebill for sale in sales),
        "refunded_sales": len(refunded) if is_mature else None,
        "refund_rate_cohort": rate(len(refunded), len(sales)) if is_mature else None,
        "is_mature": is_mature,
    }


def _is_refunded(sale: Sale, horizon: int, history: History) -> bool:
    return any(
        refund.sale == sale and (refund.happened_date - sale.sold_date).days <= horizon
        for refund in history.counted_refunds
    )


def months_table(history: History) -> Table:
    """Hold a month's disputes against its own sales, and against the month's before.

    There is a row for every month from a group's first activity to today's.
    """
    rows: Table = []
    for group in groups_of(history):
        month = group.first_disputed_day.replace(day=1)
        while history.today is not None and month <= history.today:
            sales = sum(_month(sale.sold_date) == month for sale in group.sales)
            before = sum(_month(sale.sold_date) == _previous(month) for sale in group.sales)
            disputed = receipts_of([one for one in group.chargebacks if _month(one.happened_date) == month])
            rows.append(
                {
                    "month": month,
                    **group.names,
                    "sale_count": sales,
                    "previous_month_sale_count": before,
                    "chargeback_count": disputed,
                    "chargeback_rate": rate(disputed, sales),
                    "chargeback_rate_previous_month": rate(disputed, before),
                }
            )
            month = (month + timedelta(days=31)).replace(day=1)
    return rows


def _month(day: date) -> date:
    return day.replace(day=1)


def _previous(month: date) -> date:
    return (month - timedelta(days=1)).replace(day=1)
