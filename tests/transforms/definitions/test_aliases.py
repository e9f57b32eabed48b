"""The alias table: an error names the wrong line, and the models honour an owner's aliases."""

from __future__ import annotations

import csv
from collections import defaultdict
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from cbw.errors import ConfigurationError
from cbw.settings import load_settings
from tests.oracle import RawDelivery, aliases
from tests.oracle.builders import RECEIVED
from tests.sql.harness import GRAPH, built, rows_of
from transforms.definitions.aliases import AliasTable
from transforms.definitions.sql_file import SQL_DIR
from transforms.pipeline.pipeline import Pipeline
from transforms.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

MACROS = """
    select database_name, function_name from duckdb_functions()
    where function_name in ('transaction_first', 'transaction_receipt_path')
"""
BUILT_IN = SQL_DIR / "staging" / "aliases.csv"
HEADER = "scope,field,path,unit\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("scope,field,path\n", "the first line must be scope,field,path,unit"),
        (HEADER + "transaction,receipt,order\n", "line 2: must have 4 values"),
        (HEADER + "transaction,receipt,order,,x\n", "line 2: must have 4 values"),
        (HEADER + "transaction,gross,summe,euros\n", "line 2: unit 'euros' is none of cents"),
        (HEADER + "transaction,receipt,,\n", "line 2: '' is no dotted path"),
        (HEADER + "transaction,receipt,a..b,\n", "line 2: 'a..b' is no dotted path"),
        (HEADER + "transaction,receipt,a[1],\n", "line 2: 'a[1]' is no dotted path"),
        (HEADER + 'transaction,receipt,"a""b",\n', "is no dotted path"),
        (HEADER + "transaction,receipt,a.*,\n", "line 2: 'a.*' is no dotted path"),
        (HEADER + "transaction,recipe,order,\n", "there is no field transaction.recipe"),
        (HEADER + "order,receipt,order,\n", "there is no field order.receipt"),
    ],
)
def test_a_wrong_line_is_named_with_its_file(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "aliases.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as raised:
        AliasTable.from_files(BUILT_IN, path)
    assert str(path) in str(raised.value)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("line", "contradicted", "instead"),
    [
        ("transaction,vtid,customer,", "transaction,country,customer.country,", "vtid,customer.KEY,"),
        ("transaction,vtid,receipt.number,", "transaction,receipt,receipt,", "vtid,receipt,"),
        (
            "transaction,vtid,trackingCodes,",
            "transaction,tracking_id,trackingCodes[0],",
            "vtid,trackingCodes[0],",
        ),
        ("transaction,vtid,lineItems,", "transaction,lines,lineItems,container", "write line,FIELD,KEY,"),
        ("transaction,country,Receipt,", "transaction,receipt,receipt,", "spell the key as receipt"),
        (
            "transaction,country,Customer.land,",
            "transaction,country,customer.country,",
            "as customer.country",
        ),
        ("transaction,gross,amount,cents", "transaction,gross,amount,", "write transaction,gross,amount,"),
    ],
)
def test_a_line_that_cannot_be_accepted_names_the_one_it_contradicts_and_another_to_write(
    tmp_path: Path, line: str, contradicted: str, instead: str
) -> None:
    user = tmp_path / "aliases.csv"
    user.write_text(f"{HEADER}{line}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as raised:
        AliasTable.from_files(BUILT_IN, user).structure("transaction")
    assert f"{user}, line 2: {line} contradicts {contradicted} (" in str(raised.value)
    assert instead in str(raised.value)


@pytest.mark.parametrize(
    "line", ["transaction,gross,amount,", "transaction,vtid,receipt,", "transaction,gross,netto,cents"]
)
def test_a_line_that_says_the_same_or_reads_a_key_twice_is_accepted(tmp_path: Path, line: str) -> None:
    user = tmp_path / "aliases.csv"
    user.write_text(f"{HEADER}{line}\n", encoding="utf-8")
    assert AliasTable.from_files(BUILT_IN, user).structure("transaction")


def test_only_macros_that_models_use_are_created_and_in_no_file(tmp_path: Path) -> None:
    with closing(Store.open(load_settings(data_dir=tmp_path))) as store:
        assert store.connection.execute(MACROS).fetchall() == []
        for _ in range(2):
            store.define_aliases(GRAPH)
        # No model uses the macro of its path.
        assert store.connection.execute(MACROS).fetchall() == [("memory", "transaction_first")]


def test_a_key_of_two_kinds_is_refused_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "aliases.csv").write_text(f"{HEADER}transaction,vtid,customer,\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="another kind"):
        Pipeline(load_settings(data_dir=tmp_path))
    (tmp_path / "aliases.csv").unlink()
    with Pipeline(load_settings(data_dir=tmp_path)) as pipeline:
        assert pipeline.run("command").status == "published"


def test_a_users_alias_is_tried_after_the_built_in_ones(tmp_path: Path) -> None:
    text = f"{HEADER}transaction,receipt,Bestell Nr,\ntransaction,gross,betrag.cent,cents\n"
    (tmp_path / "aliases.csv").write_text(text, encoding="utf-8")
    bodies = [
        b'{"type":"sale.created","data":{"Bestell Nr":"a1","betrag":{"cent":1234},"date":"2026-05-01"}}',
        b'{"type":"sale.created","data":{"receipt":"b1","Bestell Nr":"x","amount":5,"date":"2026-05-01"}}',
        b'{"type":"sale.created","data":{"receipt":"c1","betrag":{"cent":"viel"},"date":"2026-05-01"}}',
    ]
    with built([RawDelivery(RECEIVED, body) for body in bodies], tmp_path) as store:
        sales = sorted((row["receipt"], str(row["gross_amount"])) for row in rows_of(store, "fct_sales"))
        assert sales == [("A1", "12.3400"), ("B1", "5.0000")]
        assert [(row["reason"], row["json_path"]) for row in rows_of(store, "quarantine")] == [
            ("bad_money", "$.data.betrag.cent")
        ]


def test_a_flat_alert_takes_nothing_from_its_envelope(tmp_path: Path) -> None:
    bodies = [
        b'{"type":"threshold.reached","account":{"id":1},"metric":" epc ","value":" 3","threshold":{"is":1},"limit":2}',
        b'{"type":"threshold.reached","account":" me ","id":"77","rule_id":[1],"metric":"epc","value":3,"threshold":2}',
    ]
    with built([RawDelivery(RECEIVED, body) for body in bodies], tmp_path) as store:
        assert rows_of(store, "quarantine") == []
        for alert in rows_of(store, "fct_threshold_alerts"):
            assert (alert["metric"], alert["rule_id"], alert["scope_type"]) == ("epc", None, None)
            assert (str(alert["claimed_value"]), str(alert["threshold_value"])) == ("3.0000", "2.0000")


def test_a_missing_table_of_the_user_changes_nothing_and_one_more_alias_changes_the_fingerprint(
    tmp_path: Path,
) -> None:
    built_in = AliasTable.from_files(BUILT_IN)
    assert AliasTable.from_files(BUILT_IN, tmp_path / "aliases.csv").fingerprint == built_in.fingerprint
    (tmp_path / "aliases.csv").write_text(f"{HEADER}line,title,label,\n", encoding="utf-8")
    assert AliasTable.from_files(BUILT_IN, tmp_path / "aliases.csv").fingerprint != built_in.fingerprint


def test_the_oracle_tries_the_same_names_in_the_same_order() -> None:
    """The oracle has its own lists, written from the contract; a name that only one side has is a mistake."""
    table: defaultdict[str, list[str]] = defaultdict(list)
    with BUILT_IN.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            table[f"{row['scope']}.{row['field']}"].append(row["path"])
    expected = {
        "envelope.event_id": aliases.EVENT_ID,
        "envelope.event_type": aliases.EVENT_TYPE,
        "envelope.created_at": aliases.CREATED_AT,
        "envelope.data": aliases.DATA,
        "transaction.lines": aliases.LINE_LISTS,
        "transaction.gross": aliases.MONEY["gross_amount"],
        "transaction.tax": aliases.MONEY["tax_amount"],
        "transaction.shipping": aliases.MONEY["shipping_amount"],
        "line.price": aliases.MONEY["line_price"],
        "line.account_amount": aliases.MONEY["line_account"],
        "line.affiliate_payout": aliases.MONEY["line_affiliate"],
        "line.item_no": aliases.TEXT["item_no"],
        "line.title": aliases.TEXT["title"],
        "alert.threshold_value": aliases.MONEY["threshold_value"],
        "alert.claimed_value": aliases.MONEY["current_value"],
        "transaction.product_item_no": aliases.TEXT["synthetic_item_no"],
        "transaction.product_title": aliases.TEXT["synthetic_title"],
        **{f"transaction.{kind}_time": aliases.TIME[kind] for kind in ("sale", "refund", "chargeback")},
        **{f"alert.{name}": aliases.TIME[name] for name in ("window_start", "window_end")},
        **{f"sync.{name}": aliases.TIME[name] for name in ("started_at", "range_start", "range_end")},
        "alert.reached_at": aliases.TIME["alert"],
        "sync.completed_at": aliases.TIME["sync"],
        "transaction.original_sale_time": aliases.TIME["original_sale"],
        **{f"alert.scope_{name}": keys for name, keys in aliases.SCOPES.items()},
    }
    names = (
        "receipt",
        "root_receipt",
        "transaction_type",
        "vendor",
        "affiliate",
        "role",
        "currency",
        "country",
    )
    expected |= {f"transaction.{name}": aliases.TEXT[name] for name in (*names, "tracking_id", "refund_id")}
    expected |= {
        f"transaction.{name}": aliases.TEXT[name]
        for name in ("payment_method", "refund_type", "chargeback_id")
    }
    money = ("account_amount", "refund_amount", "chargeback_amount")
    expected |= {f"transaction.{name}": aliases.MONEY[name] for name in money}
    expected |= {f"alert.{name}": aliases.TEXT[name] for name in ("rule_id", "metric", "comparator", "unit")}
    expected |= {
        f"sync.{name}": aliases.TEXT[name] for name in ("sync_id", "source", "records", "sales_count")
    }
    assert {name: tuple(table[name]) for name in expected} == {
        name: tuple(keys) for name, keys in expected.items()
    }
