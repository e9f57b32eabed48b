"""The account's net: earnings_net = account_amount of sales - |account_amount| of reversals - known fees.

A reversal without an account_amount has an estimate, its sale's account_amount x amount reversed / gross, and a flag.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.oracle.builders import chargeback, only, pick, refund, sale

if TYPE_CHECKING:
    from tests.oracle import RawDelivery
    from tests.sql.golden import Build

SOLD, LATER = "2026-05-01T12:00:00Z", "2026-05-09T12:00:00Z"
COLUMNS = (
    *("reversed_account_amount", "estimated_reversed_account_amount", "chargeback_fee_amount"),
    *("earnings_net", "is_earnings_net_estimated", "unknown_reversal_count"),
)


def earnings(build: Build, *deliveries: RawDelivery) -> tuple[Any, ...]:
    """Return the earnings of the day of the reversals."""
    day = only(build(*deliveries)["daily_sales"], report_date=date(2026, 5, 9))
    return tuple(day[column] for column in COLUMNS)


def test_what_reversals_say_they_took_back_is_subtracted_as_said(build: Build) -> None:
    """A sale of 1 May earns 40; a refund takes back 10 and a dispute 30 and a fee of 22, with either sign."""
    tables = build(
        sale("A", SOLD, 100, totalAccountAmount=40),
        refund("A", LATER, 25, totalAccountAmount=-10),
        chargeback("A", LATER, 75, totalAccountAmount=30, chargeback_fee=-22),
    )
    assert pick(tables["daily_sales"], "report_date", "account_amount", *COLUMNS) == [
        (date(2026, 5, 1), 40, 0, 0, 0, 40, False, 0),
        (date(2026, 5, 9), 0, 40, 0, 22, -62, False, 0),
    ]


def test_what_they_do_not_say_is_in_proportion_to_the_gross_and_flagged(build: Build) -> None:
    """28.94 x 100 / 320.75 = 9.02260... and 28.94 x 220.75 / 320.75 = 19.91740...: to four places, half up."""
    history = [
        sale("A", SOLD, 320.75, totalAccountAmount=28.94),
        refund("A", LATER, 100),
        chargeback("A", LATER, 220.75),
    ]
    tables = build(*history)
    columns = ("account_amount", "reversed_account_amount", "is_account_amount_estimated")
    assert pick(tables["fct_refunds"], *columns) == [(None, Decimal("9.0226"), True)]
    assert pick(tables["fct_chargebacks"], *columns) == [(None, Decimal("19.9174"), True)]
    assert earnings(build, *history) == (0, Decimal("28.9400"), 0, Decimal("-28.9400"), True, 0)


def test_no_reversal_takes_back_more_than_its_sale_brought(build: Build) -> None:
    """A refund of twice the price takes back all 40, not 80; a TAX refund takes back 0 of them."""
    twice = earnings(build, sale("A", SOLD, 100, totalAccountAmount=40), refund("A", LATER, 200))
    assert twice == (0, 40, 0, -40, True, 0)
    tax = [sale("A", SOLD, 100, totalAccountAmount=40), refund("A", LATER, 8, refundType="TAX")]
    assert earnings(build, *tax) == (0, 0, 0, 0, True, 0)


def test_what_cannot_be_known_is_counted_and_not_guessed(build: Build) -> None:
    """No sale yet; a sale without an account_amount; a refund in another currency than its sale."""
    unknown = (0, 0, 0, 0, True, 1)
    orphan = refund("A", LATER, 50, currency="USD", vendor="shop")
    assert earnings(build, orphan) == unknown
    assert earnings(build, orphan, sale("A", SOLD, 100, totalAccountAmount=40)) == (0, 20, 0, -20, True, 0)
    assert earnings(build, sale("A", SOLD, 100), refund("A", LATER, 50)) == unknown
    euros = refund("A", LATER, 50, currency="EUR")
    assert earnings(build, sale("A", SOLD, 100, totalAccountAmount=40), euros) == unknown


def test_each_role_takes_back_its_own_and_one_sale_is_taken_back_once(build: Build) -> None:
    """The vendor earns 50, the affiliate 40; half a refund takes 25 + 20, of the vendor's sale alone 25 once."""
    vendor = sale("A", SOLD, 100, totalAccountAmount=50, role="VENDOR")
    affiliate = sale("A", SOLD, 100, totalAccountAmount=40, role="AFFILIATE")
    refunds = [refund("A", LATER, 50, role=role) for role in ("VENDOR", "AFFILIATE")]
    assert earnings(build, vendor, affiliate, *refunds) == (0, 45, 0, -45, True, 0)
    assert earnings(build, vendor, *refunds) == (0, 25, 0, -25, True, 0)
    assert earnings(build, affiliate, refunds[0]) == (0, 20, 0, -20, True, 0)


def test_later_news_of_a_dispute_takes_nothing_back_again(build: Build) -> None:
    disputes = [
        chargeback("A", LATER, 100, dispute_id="D1", fee=22),
        chargeback("A", "2026-05-09T13:00:00Z", 100, dispute_id="D1", status="lost", fee=22),
    ]
    found = earnings(build, sale("A", SOLD, 100, totalAccountAmount=40), *disputes)
    assert found == (0, 40, 22, -62, True, 0)
