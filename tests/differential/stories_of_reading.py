"""Spellings that decide money: types that contradict, test flags, numbers, times and keys with a rival."""

from __future__ import annotations

from datetime import timedelta

from tests.differential.money_events import dispute, refund, sale, sale_data
from tests.differential.teller import LAST_DAY, PACIFIC, START, Body, Teller

TAKES_NO_PLACE = {"fee": None, "account_amount": None, "chargeback_fee": None}


def types_inside(teller: Teller) -> list[Body]:
    """The transaction type inside is held against the event type."""
    receipt, at = teller.receipt(), teller.at()
    word = teller.one(
        *("RFND", "CGBK", "INSF", "ABANDONED_ORDER", "FEE", "CANCEL-REBILL", "SUBSCRIPTION-CHG 7->9"),
        *("sale", "Sale", "REBILL", "wholesale", "TEST_SALE", "CUSTOMER_EMAIL_UPDATE"),
    )
    if teller.chance(0.3):
        tell, inside = teller.one((refund, "SALE"), (refund, "RFND"), (dispute, "BILL"), (dispute, "CGBK"))
        return [sale(teller, receipt, at), tell(teller, receipt, teller.later(at), transaction_type=inside)]
    return [sale(teller, receipt, at, transaction_type=word)]


def tests_and_live(teller: Teller) -> list[Body]:
    """Flags that say test or live are read in `data` as well as in the envelope."""
    at = teller.at()
    flag = teller.one(
        *({"test": True}, {"is_test": "true"}, {"livemode": False}, {"livemode": True}, {"test": "N"}),
        *(
            {"payment_method": "TEST"},
            {"transaction_type": "TEST_BILL"},
            {"transaction_type": "CANCEL-TEST-REBILL"},
        ),
    )
    is_outside = set(flag) & {"test", "is_test", "livemode"} and teller.chance(0.4)
    if is_outside:
        return [sale(teller, teller.receipt(), at, envelope=flag)]
    return [sale(teller, teller.receipt(), at, **flag), sale(teller, "********", at)]


def amounts(teller: Teller) -> list[Body]:
    """A comma groups thousands only; minor units follow the currency."""
    receipt, at = teller.receipt(), teller.at()
    currency, key, value = teller.one(
        *(("USD", "amount", "1,234.50"), ("USD", "amount", "12,345"), ("USD", "amount", "0,075")),
        *(("USD", "amount", "1,23"), ("USD", "amount", "1.234,50"), ("USD", "amount", "$1,250.40")),
        *(("JPY", "amount_cents", 5000), ("TND", "amount_cents", 5000), ("USD", "amount_cents", 5000)),
        *(("JPY", "corderamount", 5000), ("USD", "corderamount", "5000"), ("USD", "amount", "12e1")),
        *(("USD", "amount", "1,2345.00"), ("USD", "amount", "-$5.00"), ("USD", "amount", 19.99999)),
    )
    bodies = [sale(teller, receipt, at, None, currency=currency, **{key: value})]
    if teller.chance(0.4):
        bodies.append(refund(teller, receipt, teller.later(at), None, currency=currency, **{key: value}))
    return bodies


def specific_before_generic(teller: Teller) -> list[Body]:
    """The specific key wins over the generic one."""
    receipt, at = teller.receipt(), teller.at(0, 20)
    later = teller.later(at)
    sold, reversed_ = at.isoformat(), later.isoformat()
    bodies = [sale(teller, receipt, at, 80)]
    who = {"receipt": receipt, "vendor": "lakeshop", "currency": "USD"}
    refunds = (
        {"refunded_at": reversed_, "transaction_date": sold, "refund_amount": 30, "total_order_amount": 80},
        {"refund_date": reversed_, "date": sold, "amount": 30, "order_total": 80},
        {"transactionTime": reversed_, "sale_date": sold, "amount": 30, "totalOrderAmount": 80},
    )
    disputes = (
        {"disputed_at": reversed_, "date": sold, "chargeback_amount": 30, "amount": 80},
        {"chargeback_date": reversed_, "transaction_date": sold, "amount": 30, "total_order_amount": 80},
    )
    if teller.chance(0.5):
        return [*bodies, teller.told("refund.processed", who | teller.one(*refunds))]
    return [*bodies, teller.told("chargeback.received", who | teller.one(*disputes))]


def bare_dates(teller: Teller) -> list[Body]:
    """A bare date is that day in the report zone."""
    receipt, at = teller.receipt(), teller.at(0, 30)
    day = at.strftime("%Y-%m-%d")
    later = (at + timedelta(days=4)).strftime("%Y-%m-%d")
    who = {"receipt": receipt, "vendor": "lakeshop", "currency": "USD"}
    return [
        teller.told("sale.created", who | {"sale_date": day, "amount": 80}),
        teller.told("refund.processed", who | {"refund_date": later, "refund_amount": 80}),
    ]


def lines(teller: Teller) -> list[Body]:
    """Quantity x price where that is the total; a plan may be an object inside its line."""
    receipt, at = teller.receipt(), teller.at()
    total, price, quantity = teller.one((60, 20, 3), (20, 20, 3), (63, 20, 3), (45, 22.5, 2))
    line = {"item_no": "P1", "product_title": "Paddle", "product_price": price, "quantity": quantity}
    if teller.chance(0.4):
        line["paymentPlan"] = {"paymentsProcessed": 1, "paymentsRemaining": 2, "rebillAmount": 20}
    if teller.chance(0.3):
        line |= {"account_amount": 5, "affiliate_payout": 9, "line_item_type": "ORIGINAL"}
    told = [line]
    if teller.chance(0.3):
        told.append(
            teller.one({"item_no": "P2"}, {"product_title": "Oar"}) | {"product_price": 7, "quantity": 1}
        )
        total += 7
    extra = {"total_tax_amount": 3} if total == 60 and teller.chance(0.5) else {}
    body = sale(
        teller, receipt, at, total + extra.get("total_tax_amount", 0), item_no=None, line_items=told, **extra
    )
    return [body, refund(teller, receipt, teller.later(at), 20)] if teller.chance(0.5) else [body]


def cut_texts(teller: Teller) -> list[Body]:
    """A text cut inside an emoji, and U+0000, lose no event."""
    title = teller.one("Boat \ud83d", "\ude00 kayak", "nul\x00l", "caf\u00e9 \u2615")
    return [sale(teller, teller.receipt(), teller.at(), item_no="P1", product_title=title)]


def times(teller: Teller) -> list[Body]:
    """No time, times that cannot be, and one that has not come yet."""
    receipt = teller.receipt()
    soon = START + timedelta(days=LAST_DAY + 12)
    kind = teller.one("none", "envelope", "old", "future", "tomorrow", "naive")
    value = {
        "none": None,
        "envelope": None,
        "old": "1997-12-31T23:59:59Z",
        "future": "2026-12-24T00:00:00Z",
        "tomorrow": soon.isoformat(),
        "naive": teller.at().astimezone(PACIFIC).strftime("%Y-%m-%dT%H:%M:%S"),
    }[kind]
    data = sale_data(teller, receipt, START, 80)
    data = {key: told for key, told in data.items() if not key.endswith(("_time", "_at", "_date"))}
    envelope = {"created_at": teller.at().isoformat()} if kind == "envelope" else {}
    return [teller.told("sale.created", data | ({} if value is None else {"sold_at": value}), **envelope)]


def broken(teller: Teller) -> list[Body]:
    """Bodies without a receipt, an amount or any row; nothing of them is lost in silence."""
    at = teller.at().isoformat()
    data = teller.one(
        *({"vendor": "lakeshop", "sold_at": at, "amount": 5}, {"receipt": "NOAMOUNT", "sold_at": at}),
        *([], [7], {"receipt": "BADTIME", "sold_at": "yesterday", "amount": 5}, {}),
    )
    return [teller.told(teller.one("sale.created", "sale.created", "order.shipped"), data)]


STORIES = (
    types_inside,
    tests_and_live,
    amounts,
    specific_before_generic,
    bare_dates,
    lines,
    cut_texts,
    times,
    broken,
)
