"""Exports of ClickBank with invented people, and the bodies that an import makes of them."""

from __future__ import annotations

import csv
import io
import json
from functools import cache
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import duckdb

from ingest.exports.grouping import Rows
from ingest.exports.recognise import open_export
from transforms.definitions.aliases import AliasTable
from transforms.definitions.export_dialect import export_dialect
from transforms.definitions.sql_file import SQL_DIR

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ingest.exports.dialect import Dialect
    from ingest.load.history import PastEvent

Row = dict[str, Any]

_LINE = {
    "date": "2026-03-05T10:00:00-08:00", "receipt": "ABCD1234", "pmtType": "VISA", "txnType": "SALE", "item": "1",
    "amount": "20.00", "accountAmount": "9.00", "site": "BRIGHTKETO", "affi": "aff1", "country": "US",
    "currency": "EUR", "email": "jo@example.com", "status": "",
}  # fmt: skip
CART: list[Row] = [
    _LINE,
    _LINE | {"item": "2"},
    _LINE | {"item": "3", "amount": "20.50", "accountAmount": "9.50"},
]
BILLED: Row = _LINE | {"processedPayments": "9", "futurePayments": "990", "status": "CANCELED"}
# The same cart as version 1.3 of the Orders API tells it.
ORDER: Row = {
    "transactionTime": "2026-03-05T10:00:00-08:00", "receipt": "ABCD1234", "trackingId": {"@nil": "true"},
    "paytmentMethod": "VISA", "transactionType": "SALE", "totalOrderAmount": "60.50", "totalTaxAmount": "0.00",
    "vendor": "BRIGHTKETO", "affiliate": "aff1", "country": "US", "currency": "EUR", "email": "jo@example.com",
    "role": "VENDOR", "vendorVariables": {"item": {"name": "vtid", "value": "V1"}},
    "lineItemData": [
        {"itemNo": row["item"], "customerAmount": row["amount"], "accountAmount": row["accountAmount"],
         "quantity": "1", "recurring": "false", "nextPaymentDate": {"@nil": "true"}}
        for row in CART
    ],
}  # fmt: skip
_TOLD = {
    "id": 1, "receiptNumber": "AAAA1111", "transactionType": "Sale", "transactionDate": "2026-03-05",
    "transactionTime": "2026-03-05T22:30:00.000+00:00", "roleOnTransaction": "Seller", "salesAccount": "brightketo",
    "primarySeller": "brightketo", "primaryAffiliate": "aff1", "transactionAmount": 47.0, "sellerEarnings": 30.0,
    "productItemNumber": "keto-1", "itemQuantity": 1, "customerTax": 0,
}  # fmt: skip
REPORT: list[Row] = [
    _TOLD,
    _TOLD | {"id": 2, "receiptNumber": "AAAA1111-B002", "transactionType": "Rebill", "transactionDate": "2026-03-06",
             "transactionTime": "08:00:00"},
    _TOLD | {"id": 3, "transactionType": "Refund", "transactionDate": "2026-03-07", "transactionTime": "09:00:00",
             "transactionAmount": -47.0, "sellerEarnings": -30.0},
    _TOLD | {"id": 4, "transactionType": "Fee", "transactionDate": "2026-03-07", "transactionTime": "09:00:01",
             "transactionAmount": -2.5, "sellerEarnings": -2.5, "productItemNumber": "rfnd-keto",
             "primaryAffiliate": "debitrfnd"},
]  # fmt: skip

_SUBSCRIBED = {
    "receipt": "ABCD1234", "itemNo": "1", "pubNickName": "brightketo", "affNickName": "aff1",
    "purchaseDate": "2026-01-05", "subCancelDate": "2026-04-02", "subEndDate": "", "nextPaymentDate": "2026-06-05",
    "status": "CANCELED", "frequency": "MONTHLY", "processedPaymentsCount": "3", "futurePaymentsCount": "996",
}  # fmt: skip
DETAILS: list[Row] = [
    _SUBSCRIBED,
    _SUBSCRIBED | {"receipt": "WXYZ9876", "subCancelDate": "", "status": "ACTIVE"},
]


def is_refused(read: Callable[..., Any], *texts: str) -> bool:
    try:
        read(*texts)
    except ValueError:
        return True
    return False


def as_csv(rows: Sequence[Row], delimiter: str = ",") -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def as_json(rows: Sequence[Row]) -> bytes:
    """Return rows as a page of the API; a single one is an object there."""
    return json.dumps({"orderData": rows if len(rows) > 1 else rows[0]}, indent=1).encode()


@cache
def dialect() -> Dialect:
    return export_dialect(AliasTable.from_files(SQL_DIR / "staging" / "aliases.csv"))


def bodies(directory: Path, *files: bytes, held: Path | None = None, **options: Any) -> list[PastEvent]:
    """Return the events that an import of these files makes."""
    with Rows(directory / "rows.duckdb", dialect(), **options) as rows:
        for number, content in enumerate(files):
            path = directory / f"file-{number}"
            path.write_bytes(content)
            export = open_export(path, path.name, dialect(), account=options.get("account"))
            assert export is not None
            rows.add(export)
        return list(rows.events(held))


def keep(directory: Path, events: Sequence[PastEvent]) -> Path:
    """Return the bodies as the pipeline hands them to a later import."""
    path = directory / "held.parquet"
    with duckdb.connect() as connection:
        connection.execute("create table held (party varchar, body varchar)")
        for event in events:
            connection.execute(
                "insert into held values (?, ?)", [json.loads(event.body)["id"][:16], event.body.decode()]
            )
        connection.execute(f"copy held to '{path}' (format parquet)")
    return path


def as_xml(rows: Sequence[Row]) -> bytes:
    """Return rows as the API's XML: a list is a repeated element, and null is ``xsi:nil``."""
    body = "".join(f"<orderData>{_elements(row)}</orderData>" for row in rows)
    return f'<?xml version="1.0"?>\n<any xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">{body}</any>'.encode()


def _elements(row: Row) -> str:
    return "".join(
        _element(key, each)
        for key, value in row.items()
        for each in (value if isinstance(value, list) else [value])
    )


def _element(key: str, value: Any) -> str:
    if value == {"@nil": "true"}:
        return f'<{key} xsi:nil="true"/>'
    return f"<{key}>{_elements(value) if isinstance(value, dict) else escape(str(value))}</{key}>"
