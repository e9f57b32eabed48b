"""Join the rows of one body that are parts of one thing: they become its lines, and their amounts add up."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.oracle.coerce import ZERO, in_currency
from tests.oracle.reader import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from tests.oracle.items import Item

Row = dict[str, Any]
_FIRST_TOLD = (
    *("vendor", "affiliate", "root_receipt", "upsell_original_receipt", "payment_method", "country"),
    *("tracking_id", "refund_type", "original_sold_at", "said_type"),
)
_PLAN = ("is_recurring", "payments_processed", "payments_remaining", "next_payment_date", "rebill_amount")
_TIMES = ("sold_at", "refunded_at", "charged_back_at", "is_day", "is_naive", "is_time_said")
_AMOUNTS = ("main", "account_amount", "tax_amount", "shipping_amount")


def things_of(items: Sequence[Item]) -> tuple[list[Item], list[Reason]]:
    """Return one item for each thing in a body, and the faults of things that take several rows."""
    groups: defaultdict[Any, list[Item]] = defaultdict(list)
    for item in items:
        is_part = len(items) > 1 and item.row.get("receipt") is not None
        groups[_part_key(item, items) if is_part else item.index].append(item)
    things, reasons = [], []
    for group in groups.values():
        if len(group) == 1:
            things.append(_with_seller(group[0], items))
            reasons += _negative(group[0])
            continue
        parts = list({part.signature: part for part in reversed(group)}.values())[::-1]
        thing, found = _whole(_in_one_currency(sorted(parts, key=lambda part: part.index)))
        things.append(_with_seller(thing, items))
        reasons += found
    return sorted(things, key=lambda item: item.index), reasons


def _part_key(item: Item, items: Sequence[Item]) -> tuple[Any, ...]:
    row = item.row
    names = (_seller(item, items), row["role"], row["receipt"], row["unhandled"])
    if "sold_at" in row:
        return (*names, payment(row, item.occurred_at))
    if "refunded_at" in row:
        return (*names, row["refund_id"] or item.occurred_at)
    return (*names, row["chargeback_id"] or row["kind"], row["status"], item.occurred_at)


def payment(row: Row, at: Any) -> tuple[Any, ...]:
    """Return which payment of its receipt a sale is."""
    if row["has_own_receipt"]:
        return ("BILL",)
    if not row["is_rebill"]:
        return ("SALE",)
    return ("BILL", at if row["payment_number"] is None else row["payment_number"])


def _seller(item: Item, items: Sequence[Item]) -> str | None:
    """Return the vendor of a row; one that names none has that of the body's other rows of its receipt."""
    if item.row["vendor"] is not None:
        return str(item.row["vendor"])
    receipt = item.row["receipt"]
    others = {other.row["vendor"] for other in items if other.row.get("receipt") == receipt} - {None}
    return others.pop() if len(others) == 1 else None


def _with_seller(item: Item, items: Sequence[Item]) -> Item:
    if len(items) == 1 or item.row.get("receipt") is None:
        return item
    return replace(item, row=item.row | {"seller": _seller(item, items)})


def _negative(item: Item) -> list[Reason]:
    return [] if item.negative_path is None else [Reason("negative_amount", item.negative_path, item.index)]


def _whole(parts: list[Item]) -> tuple[Item, list[Reason]]:
    lead, reasons = parts[0], []
    timed = min(parts, key=lambda part: (part.occurred_at is None, not part.row["is_time_said"], part.index))
    row = lead.row | _told_by_any(parts) | {name: timed.row[name] for name in _TIMES if name in lead.row}
    other_paths = []
    for column in _AMOUNTS:
        name = lead.amount_column if column == "main" else column
        row[name], other_path = _total(parts, column, name)
        other_paths.append(other_path)
    disagreement = next((path for path in other_paths if path is not None), None)
    currencies = {part.row["currency"] for part in parts} - {None}
    row["currency"] = row["customer_currency"] = min(currencies, default=None)
    if disagreement is None and len(currencies) > 1:
        paths = [path for part in parts if (path := part.paths.get("main")) is not None]
        disagreement = max(paths, default=None)
    if disagreement is not None:
        reasons.append(Reason("parts_disagree", disagreement, lead.index))
    known = row[lead.amount_column] if row[lead.amount_column] is not None else row["account_amount"]
    negatives = [part.negative_path for part in parts if part.negative_path is not None]
    if "sold_at" in row and known is not None and known < 0 and negatives:
        reasons.append(Reason("negative_amount", negatives[0], lead.index))
    if "fee_amount" in row:
        fees = [part.row["fee_amount"] for part in parts if part.row["fee_amount"] is not None]
        row["fee_amount"] = None if not fees else fees[0] if len(set(fees)) == 1 else sum(fees, ZERO)
    lines = [line for part in parts for line in _lines(part)]
    row["item_nos"] = sorted({item_no for part in parts for item_no in part.row["item_nos"]})
    if lines:
        row["lines"] = [line | {"line_number": number} for number, line in enumerate(lines, 1)]
    else:
        first = [part.row["lines"][0] for part in parts]
        row["lines"] = [first[0] | {name: _first_told([line[name] for line in first]) for name in _PLAN}]
        gross, less = row[lead.amount_column], (row["tax_amount"] or ZERO) + (row["shipping_amount"] or ZERO)
        row["lines"][0] |= {
            "price_amount": None if gross is None else gross - less,
            "account_amount": row["account_amount"],
        }
    return replace(lead, row=row, occurred_at=timed.occurred_at), reasons


def _in_one_currency(parts: list[Item]) -> list[Item]:
    """Read the minor units of parts that say no currency as those of the currency that others say."""
    currency = min((part.row["currency"] for part in parts if part.row["currency"] is not None), default=None)
    if currency is None:
        assumed = next(
            (part.row["assumed_units"] for part in parts if part.row.get("assumed_units")), frozenset()
        )
        return [replace(part, row=part.row | {"assumed_units": assumed}) for part in parts]
    return [replace(part, row=part.row | restated(part.row, currency)) for part in parts]


def restated(row: Row, currency: str | None) -> Row:
    """Return the amounts that were told in minor units of an unknown currency, in the one that it is."""
    if currency is None or not row.get("assumed_units"):
        return {}
    return {name: in_currency(row[name], currency) for name in row["assumed_units"]} | {
        "assumed_units": frozenset()
    }


def _told_by_any(parts: list[Item]) -> Row:
    """Return the values that need not be in the first row: each is that of the first row that tells it."""
    names = [name for name in _FIRST_TOLD if name in parts[0].row]
    told = {name: _first_told([part.row[name] for part in parts]) for name in names}
    if "kind" in parts[0].row:
        told["kind"] = "echeck" if told["said_type"] == "INSF" else "card"
    return told


def _first_told(values: list[Any]) -> Any:
    return next((value for value in values if value is not None), None)


def _total(parts: list[Item], column: str, name: str) -> tuple[Decimal | None, str | None]:
    """Return the amount of the rows together, and the path of the first total that contradicts the first one."""
    said = [(part.row[name], column in part.totals, part.paths.get(column)) for part in parts]
    totals = [(amount, path) for amount, is_total, path in said if is_total and amount is not None]
    if totals:
        return totals[0][0], next((path for amount, path in totals if amount != totals[0][0]), None)
    amounts = [amount for amount, _, _ in said if amount is not None]
    return (sum(amounts, ZERO) if amounts else None), None


def _lines(part: Item) -> list[Row]:
    """Return the lines of a part; a part without lines is one line with those amounts that are its own."""
    row = part.row
    if not row["lines"][0]["is_synthetic"]:
        return list(row["lines"])
    line = row["lines"][0]
    if line["item_no"] is None and line["title"] is None and "main" in part.totals:
        return []
    amount, account = None, None
    if "sold_at" in row and "main" not in part.totals and row["gross_amount"] is not None:
        own = [row[name] or ZERO for name in ("tax_amount", "shipping_amount") if name not in part.totals]
        amount = row["gross_amount"] - sum(own, ZERO)
    if "sold_at" in row and "account_amount" not in part.totals:
        account = row["account_amount"]
    return [
        line
        | {"is_synthetic": False, "price_amount": amount, "line_amount": amount, "account_amount": account}
    ]
