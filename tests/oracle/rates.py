"""Refund and chargeback rates: by event date over trailing windows, by calendar month, and by cohort."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tests.oracle.daily import Day, total_by
from tests.oracle.roles import payment_of

if TYPE_CHECKING:
    from decimal import Decimal

    from tests.oracle.facts import Book

Row = dict[str, Any]
Group = tuple[str | None, str | None]
REFUND_WINDOWS = (1, 7, 30, 60, 90)
CHARGEBACK_WINDOWS = (7, 14, 30, 60, 90)
HORIZONS = (7, 14, 30, 60, 90)
SMALL_SAMPLE = 100
_ONE_DAY = timedelta(days=1)


def ratio(part: int | Decimal, whole: int | Decimal) -> float | None:
    """Return a fraction; NULL over nothing."""
    return float(part) / float(whole) if whole else None


def refund_rates(book: Book) -> list[Row]:
    """Return, for every day and window, receipts refunded, and refunded or charged back, against receipts sold."""
    rows = []
    for group, days in _days_by_group(book, lambda day: bool(day.sale_count or day.reversed)).items():
        for report_date, window_days, total in _windows(book, days, REFUND_WINDOWS):
            rows.append(
                {
                    "report_date": report_date,
                    "currency": group[0],
                    "vendor": group[1],
                    "window_days": window_days,
                    "sale_count": total.sale_count,
                    "rebill_count": len(total.rebills),
                    "refund_count": len(total.refunded),
                    "refund_rate": ratio(len(total.refunded), total.sale_count),
                    "gross_sales": total.gross,
                    "refund_amount": total.refunds,
                    "refund_rate_value": ratio(total.refunds, total.gross),
                    "reversed_count": len(total.reversed),
                    "reversal_rate": ratio(len(total.reversed), total.sale_count),
                }
            )
    return rows


def chargeback_rates(book: Book) -> list[Row]:
    """Return, for every day and window, receipts charged back against receipts sold."""
    rows = []
    for group, days in _days_by_group(book, lambda day: bool(day.sale_count or day.charged_back)).items():
        for report_date, window_days, total in _windows(book, days, CHARGEBACK_WINDOWS):
            rows.append(
                {
                    "report_date": report_date,
                    "currency": group[0],
                    "vendor": group[1],
                    "window_days": window_days,
                    "sale_count": total.sale_count,
                    "rebill_count": len(total.rebills),
                    "chargeback_count": len(total.charged_back),
                    "chargeback_rate": ratio(len(total.charged_back), total.sale_count),
                    "standing_chargeback_count": len(total.standing),
                    "cbr_net": ratio(len(total.standing), total.sale_count),
                    "is_small_sample": total.sale_count < SMALL_SAMPLE,
                }
            )
    return rows


def chargeback_months(book: Book) -> list[Row]:
    """Return every month from a group's first activity to today's: over its own sales, and the last's."""
    rows = []
    for group, days in _days_by_group(book, lambda day: bool(day.sale_count or day.charged_back)).items():
        months: defaultdict[date, Day] = defaultdict(Day)
        for report_date, day in days.items():
            _add(months[report_date.replace(day=1)], day)
        month, previous = min(months), Day()
        assert book.today is not None
        while month <= book.today:
            this = months[month]
            rows.append(
                {
                    "month": month,
                    "currency": group[0],
                    "vendor": group[1],
                    "sale_count": this.sale_count,
                    "previous_month_sale_count": previous.sale_count,
                    "chargeback_count": len(this.charged_back),
                    "chargeback_rate": ratio(len(this.charged_back), this.sale_count),
                    "chargeback_rate_previous_month": ratio(len(this.charged_back), previous.sale_count),
                }
            )
            month, previous = (month + timedelta(days=31)).replace(day=1), this
    return rows


def refund_cohorts(book: Book) -> list[Row]:
    """Return, for every day of sales and horizon, how many of its receipts were refunded within it.

    A cohort younger than the horizon has NULL, not 0: its refunds are still to come.
    """
    lags: defaultdict[Any, list[int]] = defaultdict(list)
    for refund in book.counted_refunds:
        if not refund["is_orphan"]:
            lag = refund["refunded_date"] - refund["counted_sale"]["sold_date"]
            lags[payment_of(refund)].append(lag.days)
    cohorts: defaultdict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for sale in book.counted_sales:
        cohorts[sale["sold_date"], sale["currency"], sale["vendor"]].append(payment_of(sale))
    return [
        _cohort(book, key, receipts, lags, horizon)
        for key, receipts in cohorts.items()
        for horizon in HORIZONS
    ]


def _cohort(
    book: Book, key: tuple[Any, ...], receipts: list[Any], lags: dict[Any, list[int]], horizon: int
) -> Row:
    sold_date, currency, vendor = key
    assert book.today is not None
    is_mature = (book.today - sold_date).days >= horizon
    refunded = sum(1 for receipt in receipts if any(lag <= horizon for lag in lags.get(receipt, [])))
    return {
        "sold_date": sold_date,
        "currency": currency,
        "vendor": vendor,
        "horizon_days": horizon,
        "cohort_sales": len(receipts),
        "refunded_sales": refunded if is_mature else None,
        "refund_rate_cohort": ratio(refunded, len(receipts)) if is_mature else None,
        "is_mature": is_mature,
    }


def refund_cohort_months(book: Book) -> list[Row]:
    """Return each month's cohorts added up; the rate is of the days that are as old as the horizon."""
    months: defaultdict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in refund_cohorts(book):
        month = row["sold_date"].replace(day=1)
        months[month, row["currency"], row["vendor"], row["horizon_days"]].append(row)
    return [_cohort_month(book, key, days) for key, days in months.items()]


def _cohort_month(book: Book, key: tuple[Any, ...], days: list[Row]) -> Row:
    month, currency, vendor, horizon = key
    last_day = (month + timedelta(days=31)).replace(day=1) - _ONE_DAY
    mature = [day for day in days if day["is_mature"]]
    mature_sales = sum(day["cohort_sales"] for day in mature)
    refunded = sum(day["refunded_sales"] for day in mature)
    assert book.today is not None
    return {
        "sold_month": month,
        "currency": currency,
        "vendor": vendor,
        "horizon_days": horizon,
        "cohort_sales": sum(day["cohort_sales"] for day in days),
        "mature_sales": mature_sales,
        "refunded_sales": refunded if mature else None,
        "refund_rate_cohort": ratio(refunded, mature_sales),
        "is_mature": (book.today - last_day).days >= horizon,
    }


def _days_by_group(book: Book, is_active: Any) -> dict[Group, dict[date, Day]]:
    """Return each group's active days."""
    groups: defaultdict[Group, dict[date, Day]] = defaultdict(dict)
    totals = total_by(book, lambda row, column: (row["currency"], row["vendor"], row[column]))
    for (currency, vendor, report_date), day in totals.items():
        if is_active(day):
            groups[currency, vendor][report_date] = day
    return dict(groups)


def _windows(book: Book, days: dict[date, Day], widths: tuple[int, ...]) -> list[tuple[date, int, Day]]:
    """Return every day from the first active one to today with each window that ends on it."""
    first, today = min(days), book.today
    assert today is not None
    totals = {
        (first + offset * _ONE_DAY, width): Day()
        for offset in range((today - first).days + 1)
        for width in widths
    }
    for active_date, day in days.items():
        for width in widths:
            for offset in range(width):
                report_date = active_date + offset * _ONE_DAY
                if report_date <= today:
                    _add(totals[report_date, width], day)
    return [(report_date, width, total) for (report_date, width), total in totals.items()]


def _add(total: Day, day: Day) -> None:
    """Add a day to a longer period: receipts stay distinct, amounts sum."""
    total.sales |= day.sales
    total.rebills |= day.rebills
    total.refunded |= day.refunded
    total.charged_back |= day.charged_back
    total.standing |= day.standing
    total.gross += day.gross
    total.refunds += day.refunds
