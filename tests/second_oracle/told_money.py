"""The money that a body tells, whether it maps or not."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tests.second_oracle.aliases import Aliases
from tests.second_oracle.coercion import BadMoneyError
from tests.second_oracle.lookup import first_text
from tests.second_oracle.rows import ToldMoney
from tests.second_oracle.transaction import PREFIX_OF, read_amount

_CURRENCY = re.compile(r"[A-Z]{3}")


def money_told(event_type: str | None, rows: list[Any], aliases: Aliases) -> ToldMoney:
    """Return the money that a body tells, whether it maps or not.

    Its rows add up where each tells an amount and all tell one currency. No rule says the money of rows about
    one receipt: they may be parts of one order, or its total told again and again.
    """
    kind = PREFIX_OF.get(event_type or "")
    if kind is None or not rows:
        return ToldMoney(None, None)
    data = [row for row in rows if isinstance(row, Mapping)]
    receipts = [text.upper() for row in data if (text := first_text(row, aliases["receipt"])) is not None]
    told = [_of_row(row, kind, aliases) if isinstance(row, Mapping) else (None, None) for row in rows]
    currencies = {currency for _, currency in told}
    amounts = [amount for amount, _ in told if amount is not None]
    if len(currencies) > 1:
        return ToldMoney(None, None, is_decided=len(set(receipts)) == len(receipts))
    is_known = len(amounts) == len(told)
    return ToldMoney(
        sum(amounts, Decimal(0)) if is_known else None,
        currencies.pop(),
        is_decided=len(set(receipts)) == len(receipts),
    )


def _of_row(row: Mapping[str, Any], kind: str, aliases: Aliases) -> tuple[Decimal | None, str | None]:
    currency = (first_text(row, aliases["currency"]) or "").upper()
    known = currency if _CURRENCY.fullmatch(currency) else None
    try:
        amount = read_amount(row, aliases[f"{kind}_amount"], known)
    except BadMoneyError:
        return None, known
    return (abs(amount) if kind != "sale" and amount is not None else amount), known
