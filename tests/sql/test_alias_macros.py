"""The macros read a field as if they tried and cleaned each of its aliases in turn, though they try few."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cbw.duck import literal
from cbw.settings import load_settings
from tests.sql.harness import GRAPH
from transforms.definitions.alias_macros import alias_macros
from transforms.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

BLANKS = " \t\n\r\f"
# Staging puts a blank before a text that starts like a container, and turns a text of blanks alone into null.
TEXTS = st.text(st.sampled_from(BLANKS + '"\\{}[]:,a0é\u00a0¢'), max_size=5).map(
    lambda text: f" {text}" if text[:1] in {"{", "["} else text if text.strip(BLANKS) else "x"
)
SCALARS = st.none() | st.integers(0, 99) | TEXTS
VALUES = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(TEXTS, SCALARS, max_size=2)
# Aliases of a transaction: nested ones, some that a flat body hides, and some in cents, one of them a user's.
PATHS = {
    "sale_time": [
        *("sold_at", "soldAt", "sale_time", "saleTime", "sale_date", "saleDate", "transaction_time"),
        *("transactionTime", "transaction_date", "transactionDate", "ctranstime", "occurred_at", "date"),
        "created_at",
    ],
    "shipping": [
        *("total_shipping_amount", "total_shipping_amount_cents", "total_shipping_amount_minor"),
        *("totalShippingAmount", "shipping_amount", "shipping_amount_cents", "shipping_amount_minor"),
        *("shippingAmount", "shipping", "shipping_cents", "shipping_minor", "shippingAndHandling"),
        "it's ¢",
    ],
    "product_item_no": [
        "itemNo",
        "item_no",
        "cproditem",
        "sku",
        "product_id",
        "product.id",
        "item",
        "productItemNumber",
    ],
}
CENTS = {path for path in PATHS["shipping"] if path.endswith(("_cents", "_minor", "¢"))}
HIDDEN = {"occurred_at", "created_at"}
USER = "scope,field,path,unit\ntransaction,shipping,it's ¢,cents\n"

READING = f"""
    prepare reading as
    select {", ".join(f"v.{field}, transaction_{field}_path(object, is_flat)" for field in PATHS)} from (
        select *, transaction_values(first, object, is_flat) as v from (
            select *, transaction_first(from_json(object, getvariable('transaction_structure')), is_flat) as first
            from (select cast($1 as varchar) as object, cast($2 as boolean) as is_flat)
        )
    )
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    data_dir = tmp_path_factory.mktemp("macros") / "data"
    data_dir.mkdir()
    (data_dir / "aliases.csv").write_text(USER, encoding="utf-8")
    store = Store.open(load_settings(data_dir=data_dir))
    store.define_aliases(GRAPH)
    store.connection.execute("use memory")
    for macro in alias_macros(store.aliases):  # with the macros of paths that no model names
        store.connection.execute(macro)
    store.connection.execute(READING)
    yield store
    store.close()


def test_the_names_of_this_test_are_those_of_the_table(store: Store) -> None:
    fields = store.aliases.fields("transaction")
    assert {field: [alias.path for alias in fields[field]] for field in PATHS} == PATHS


def objects() -> st.SearchStrategy[dict[str, Any]]:
    """Return transactions that have many of the keys, with values of every kind."""
    keys = sorted({path.split(".")[0] for paths in PATHS.values() for path in paths})
    inner = st.dictionaries(st.sampled_from(["id", "name"]), VALUES, max_size=2)
    return st.dictionaries(st.sampled_from(keys), VALUES | inner, max_size=8)


def expected(body: dict[str, Any], field: str, *, is_flat: bool) -> tuple[str | None, str | None]:
    """Return the value of a field and its path, by trying each alias in turn."""
    for path in PATHS[field]:
        if is_flat and path in HIDDEN:
            continue
        value: Any = body
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None and not isinstance(value, dict | list):
            return str(value).strip(BLANKS) + ("¢" if path in CENTS else ""), f".{path}"
    return None, None


def read(connection: duckdb.DuckDBPyConnection, body: dict[str, Any], *, is_flat: bool) -> dict[str, Any]:
    text = json.dumps(body, ensure_ascii=False)
    found = connection.execute(f"execute reading({literal(text)}, {is_flat})").fetchone()
    assert found is not None
    return {field: (found[2 * at], found[2 * at + 1]) for at, field in enumerate(PATHS)}


@given(body=objects(), is_flat=st.booleans())
@example(body={"sku": {"a": 1}, "itemNo": " 7 "}, is_flat=False)
@example(body={"sku": {"a": 1}, "product": {"id": "7"}}, is_flat=True)
@example(body={"product": "today", "sku": {"id": 1}, "cproditem": 5}, is_flat=False)
@example(body={"shipping": [1], "it's ¢": " 79 "}, is_flat=False)
@example(body={"shipping_cents": "79\t"}, is_flat=False)
@example(body={"it's ¢": " 79¢ "}, is_flat=False)
@example(body={"date": {}, "occurred_at": "2026-01-01", "ctranstime": "2026-01-02"}, is_flat=True)
@example(body={"sku": "a\x1f b"}, is_flat=False)
def test_each_alias_is_as_good_as_tried_and_cleaned(
    store: Store, body: dict[str, Any], *, is_flat: bool
) -> None:
    assert read(store.connection, body, is_flat=is_flat) == {
        field: expected(body, field, is_flat=is_flat) for field in PATHS
    }


@pytest.mark.parametrize("text", ["Dog & Cat: 2nd ed.", "7900¢", "a{b}[c]", "é", "a b", "¢"])
def test_an_ordinary_value_needs_no_care(store: Store, text: str) -> None:
    assert store.one("select are_clean(?)", [f"{text}\x1fx\x1f{text}"]) == (True,)


@pytest.mark.parametrize("text", [" a", "a\n", "[", "{a", " 7¢", "7 ¢"])
def test_one_value_that_needs_care_is_found_among_others(store: Store, text: str) -> None:
    for values in ([text], [text, "x"], ["x", text], ["x", text, "y"]):
        assert store.one("select are_clean(?)", ["\x1f".join(values)]) == (False,)
