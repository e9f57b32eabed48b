"""A file is taken for one kind by its bytes and keys, or refused in one line before anything is stored."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

from cbw.errors import ConfigurationError
from ingest.exports.recognise import open_export
from tests.exports import CART, DETAILS, ORDER, REPORT, as_csv, as_json, as_xml, bodies, dialect
from transforms.definitions.aliases import AliasTable
from transforms.definitions.export_dialect import export_dialect
from transforms.definitions.sql_file import SQL_DIR

if TYPE_CHECKING:
    from pathlib import Path

EVENT = b'{"type":"sale.created","data":{"receipt":"ABCD1234","transactionType":"SALE","transactionTime":1767323045}}'
LINES = b"\n".join(json.dumps(row).encode() for row in CART)
HEADED = (
    b"Transaction Date;Transaction_Time;RECEIPT-NUMBER;transaction type;Primary Seller;transaction.amount\n"
)


def taken_for(directory: Path, content: bytes, asked: str = "auto") -> str | None:
    path = directory / "any.name"
    path.write_bytes(content)
    export = open_export(path, path.name, dialect(), asked=asked)
    return None if export is None else f"{export.kind} {export.form}"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (EVENT, None),
        (b"not json\n" + EVENT, None),
        (b"\xff\xfe\n" + EVENT, None),
        (b'{"type":\n' + EVENT, None),
        (b"{}", None),
        (b"", None),
        (
            b'{"receipt":"A","transactionType":"SALE","transactionTime":"20260501T100000-0700","attemptCount":1}',
            None,
        ),
        (as_json(CART), "orders JSON"),
        (as_json([ORDER]), "orders JSON"),
        (as_json([ORDER, ORDER]), "orders JSON"),
        (json.dumps({"orderData": ORDER}).encode(), "orders JSON lines"),
        (json.dumps(CART).encode(), "orders JSON lines"),
        (json.dumps(CART, indent=1).encode(), "orders JSON"),
        (b"[\n" + LINES.replace(b"\n", b",\n") + b"\n]", "orders JSON"),
        (LINES, "orders JSON lines"),
        (gzip.compress(LINES), "orders JSON lines"),
        (as_xml(CART), "orders XML"),
        (as_xml([ORDER]), "orders XML"),
        (as_csv(CART), "orders CSV"),
        (b"\xef\xbb\xbf" + as_csv(CART, ";"), "orders CSV"),
        (gzip.compress(as_csv(CART, "\t")), "orders CSV"),
        (as_json(REPORT), "report JSON"),
        (json.dumps({"data": REPORT}, indent=1).encode(), "report JSON"),
        (as_csv(REPORT), "report CSV"),
        (as_csv(REPORT).replace(b"\r\n", b",,\r\n"), "report CSV"),
        (HEADED + b"2026-03-05;10:00;ABCD1234;Sale;shop;20.00\n", "report CSV"),
        (json.dumps({"totalCount": "1", "rows": {"row": DETAILS[:1]}}).encode(), "subscriptions JSON lines"),
        (as_csv(DETAILS), "subscriptions CSV"),
        (b'{"orderData": null}', "orders JSON lines"),
        (b"null", "orders JSON lines"),
        (b'{"orderData": {"@nil": "true"}}', "orders JSON lines"),
        (as_csv(REPORT).splitlines()[0], "report CSV"),
    ],
)
def test_bytes_and_keys_say_what_a_file_is(tmp_path: Path, content: bytes, kind: str | None) -> None:
    assert taken_for(tmp_path, content) == kind


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<!DOCTYPE html><html><body>502</body></html>", "page of HTML"),
        (b"Access denied, your key has expired\n", "begins with 'Access denied, your key has expired'"),
        (b"<Error><message>denied</message></Error>", "XML in which no element has a receipt"),
        (as_json(CART)[:-30], "no JSON to its end"),
        (LINES[:-30], "line 3: is no JSON to its end"),
        (as_xml(CART)[:-30], "no XML to its end"),
        (as_csv(CART)[:-30], "row 3: has 8 values for 13 columns"),
        (gzip.compress(LINES)[:-12], "damaged, or half a file"),
        (LINES + b"\n" + EVENT, "row 4: holds an event where the file began with orders"),
        (EVENT + b"\n" + as_json([ORDER]).replace(b"\n", b""), "holds events and orders"),
        (LINES + b"\n" + json.dumps(REPORT[0]).encode(), "row 4: holds rows of a transaction report"),
        (as_csv(CART) + b'{"a":1,"b":2}', "row 4: is no row of CSV"),
        (as_csv(CART).replace(b"receipt", b"recept"), "is the receipt; no field reads recept (like receipt)"),
        (b"a,b,c\n1,2,3\n", "is the receipt or the transaction type or the time; no field reads a"),
        (as_csv(CART).replace(b"2026-03-05T10:00:00-08:00", b"3/5/26", 1), "row 1: the time is '3/5/26'"),
        (as_csv(CART).replace(b"20.50", b"20,50").replace(b",20,50,", b',"20,50",'), "row 3: amount is '20,50'"),
        (as_csv(CART, ";").replace(b"20.50", b"1.020,50"), "row 3: amount is '1.020,50'"),
        (as_csv(REPORT).replace(b"2026-03-05T22", b"2026-03-09T22"), "row 1: transactionDate with transactionTime"),
        (b"PK\x03\x04 workbook", "a workbook: save it as CSV"),
        ("a,b,c\n".encode("utf-16"), "UTF-16 text"),
        (as_csv(CART).replace(b"aff1", b"caf\xe9"), "is not UTF-8 text"),
        (as_csv(CART).replace(b"site", b"affi"), "two columns of its header have one name"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><orderData><receipt>&b;</receipt></orderData>', "document type or entities"),
        (json.dumps({"type": "ping", "data": {}}, indent=1).encode(), "is the receipt"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_to_its_end_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        bodies(tmp_path, content)
    assert words in refused.value.message


def test_the_operator_may_say_what_a_file_is(tmp_path: Path) -> None:
    assert taken_for(tmp_path, b"Access denied\n", "events") is None
    assert taken_for(tmp_path, as_json(CART), "report") == "report JSON"
    with pytest.raises(ConfigurationError, match="is the receipt"):
        taken_for(tmp_path, b'[{"a":1}]', "orders")


def test_an_alias_of_the_owner_may_name_any_column(tmp_path: Path) -> None:
    (tmp_path / "aliases.csv").write_text(
        "scope,field,path,unit\ntransaction,transaction_type,Type,\n", "utf-8"
    )
    own = export_dialect(AliasTable.from_files(SQL_DIR / "staging" / "aliases.csv", tmp_path / "aliases.csv"))
    path = tmp_path / "orders.csv"
    path.write_bytes(as_csv(CART).replace(b"txnType", b"TYPE"))
    export = open_export(path, path.name, own)
    assert export is not None
    [(_, row), *_] = export.rows()
    assert (row.word, row.values["Type"]) == ("SALE", "SALE")


def test_a_row_keeps_its_names_whatever_its_format(tmp_path: Path) -> None:
    events = bodies(tmp_path, as_csv(CART), account="BrightKeto")
    assert {event.secret_id for event in events} == {"orders:brightketo"}
    assert json.loads(events[0].body)["account"] == "brightketo"
