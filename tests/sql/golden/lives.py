"""Short lives of subscriptions as INS tells them, each with a receipt and a product of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.sql.golden.test_ins import told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.oracle import RawDelivery

PRICE = 47
OPEN_ENDED = {"paymentsProcessed": 1, "paymentsRemaining": 998}
DUE = {"nextPaymentDate": "2026-02-10"}
BOOK = {"itemNo": "book", "productPrice": 20, "quantity": 1, "recurring": False}
FREE = {"productPrice": 0, "nextPaymentDate": "2026-01-17", "rebillAmount": PRICE}


def plan(name: str, **more: Any) -> dict[str, Any]:
    return {"itemNo": name, "productPrice": PRICE, "quantity": 1, "recurring": True, **more}


def notice(word: str, name: str, day: str, line: Mapping[str, Any] | None = None, **more: Any) -> RawDelivery:
    """Tell something of the receipt of a name, at ten o'clock of a day of 2026."""
    fields = {"transactionTime": f"2026{day.replace('-', '')}T100000-0800", "transactionType": word}
    fields |= {"receipt": name, "vendor": "shop", "currency": "USD", "totalOrderAmount": PRICE}
    return told(**fields | {"lineItems": [plan(name.partition("-")[0], **(line or {}))]} | more)


def sold(name: str, day: str = "01-10", line: Mapping[str, Any] = DUE, **more: Any) -> RawDelivery:
    return notice("SALE", name, day, OPEN_ENDED | line, **more)


def billed(
    name: str, number: int, day: str, line: Mapping[str, Any] | None = None, **more: Any
) -> RawDelivery:
    return notice("BILL", f"{name}-B{number:03}", day, line, **more)


def cancelled(name: str, day: str, **more: Any) -> RawDelivery:
    return notice("CANCEL-REBILL", name, day, **more)


def refunded(name: str, day: str, **more: Any) -> RawDelivery:
    return notice("RFND", name, day, **more)


def failed(name: str, day: str) -> RawDelivery:
    return notice("CUSTOMER_AUTH_FAILURE", name, day)


def today(day: str) -> RawDelivery:
    """Make a day the report's today, by a sale of another seller."""
    return notice("SALE", "LAST", day, vendor="other", lineItems=[BOOK])


def carted(name: str, *refunds: RawDelivery) -> tuple[RawDelivery, ...]:
    """Sell a book and a subscription on one receipt."""
    cart = {"lineItems": [BOOK, plan(name, **OPEN_ENDED)], "totalOrderAmount": PRICE + 20}
    return (notice("SALE", name, "01-10", **cart), *refunds)


LIVES: dict[str, tuple[RawDelivery, ...]] = {
    "MONTHEND": (
        sold("MONTHEND", "01-30", {}),
        billed("MONTHEND", 2, "02-28"),
        billed("MONTHEND", 3, "03-28"),
    ),
    "RUNOUT": (sold("RUNOUT"), cancelled("RUNOUT", "01-25")),
    "TAKENBACK": (
        *(
            sold("TAKENBACK"),
            cancelled("TAKENBACK", "01-25"),
            notice("UNCANCEL-REBILL", "TAKENBACK", "02-05"),
        ),
        billed("TAKENBACK", 2, "02-10", {"nextPaymentDate": "2026-04-10"}),
    ),
    "CAMEBACK": (
        *(sold("CAMEBACK"), cancelled("CAMEBACK", "01-25"), notice("UNCANCEL-REBILL", "CAMEBACK", "03-20")),
    ),
    "REFUNDED": (sold("REFUNDED"), billed("REFUNDED", 2, "02-10"), refunded("REFUNDED-B002", "02-12")),
    "RETAINED": (
        *(sold("RETAINED"), billed("RETAINED", 2, "02-10"), refunded("RETAINED-B002", "02-12")),
        billed("RETAINED", 3, "03-10"),
    ),
    "BOTH": (
        *(sold("BOTH"), billed("BOTH", 2, "02-10"), billed("BOTH", 3, "03-10")),
        *(cancelled("BOTH", "03-12", attemptCount=number) for number in (1, 2)),
        *(
            refunded("BOTH-B003", "03-12", transactionTime="20260312T100002-0800", attemptCount=number)
            for number in (1, 2)
        ),
    ),
    "DISPUTED": (sold("DISPUTED"), notice("CGBK", "DISPUTED", "01-20")),
    "CARTBOOK": carted("CARTBOOK", refunded("CARTBOOK", "01-12", lineItems=[BOOK], totalOrderAmount=20)),
    "CARTPLAN": carted("CARTPLAN", refunded("CARTPLAN", "01-12")),
    "CARTPART": carted("CARTPART", refunded("CARTPART", "01-12", totalOrderAmount=12)),
    "TRIAL": (
        sold("TRIAL", line=FREE, totalOrderAmount=0),
        billed("TRIAL", 2, "01-17", {"nextPaymentDate": "2026-02-17"}),
        billed("TRIAL", 3, "02-17", {"nextPaymentDate": "2026-03-17"}),
        billed("TRIAL", 4, "03-17", {"nextPaymentDate": "2026-04-17"}),
    ),
    "UNPAID": (sold("UNPAID", line=FREE, totalOrderAmount=0), cancelled("UNPAID", "01-12")),
    "EARLY": (billed("EARLY", 2, "02-10"), billed("EARLY", 3, "03-10")),
    "LATER": (billed("LATER", 2, "02-10"), billed("LATER", 3, "03-10"), sold("LATER")),
    "INSTALLED": (
        sold("INSTALLED", line={"paymentsProcessed": 1, "paymentsRemaining": 2}),
        billed("INSTALLED", 2, "02-10"),
        billed("INSTALLED", 3, "03-10", {"paymentsProcessed": 3, "paymentsRemaining": 0}),
    ),
    "CHANGED": (
        *(sold("CHANGED", "01-15", {}), billed("CHANGED", 2, "02-14")),
        notice("SUBSCRIPTION-CHG CHANGED->9", "CHANGED", "03-15"),
        refunded("CHANGED-B002", "03-15", totalOrderAmount=12),
        billed("CHANGED", 3, "03-16", {"itemNo": "9", "nextPaymentDate": "2026-04-16", "rebillAmount": 97}),
    ),
    # declined on the due day; paid at ClickBank's last try, on the last day of grace, after it had lapsed
    **{
        name: (sold(name), failed(name, "02-10"), billed(name, 2, day, {"nextPaymentDate": "2026-04-10"}))
        for name, day in {"LATE14": "02-24", "LATE16": "02-26", "LATE20": "03-02"}.items()
    },
    "LAPSED": (sold("LAPSED"),),
    "DECLINED": (sold("DECLINED"), failed("DECLINED", "02-10"), cancelled("DECLINED", "02-12")),
    "UNTOLD": (sold("UNTOLD"), cancelled("UNTOLD", "02-24")),
    "OVERDUE": (sold("OVERDUE"), cancelled("OVERDUE", "02-12")),
    "PAUSED": (
        *(sold("PAUSED"), notice("SUBSCRIPTION-CHG", "PAUSED", "02-01", {"nextPaymentDate": "2026-04-01"})),
    ),
    "GONE": (cancelled("GONE", "01-12"),),
    "LAST": (today("03-31"),),
}
