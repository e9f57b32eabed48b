"""The table of paths names keys, their first event and their readers, by name and kind, and never shows a value."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.amounts import amount
from tests.oracle import RawDelivery, build_warehouse
from tests.oracle.builders import RECEIVED, deliver, only, refund, sale
from tests.sql.agreement import differences
from tests.sql.harness import built, rows_of
from tests.sql.one_store import opened, refill
from transforms.definitions.checks import read_checks, run_checks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from transforms.store.store import Store

DRIFT = tuple(check for check in read_checks() if check.name == "no_new_path_is_unread")
OLD, RECENT, TODAY = "2026-05-01T12:00:00Z", "2026-05-28T12:00:00Z", "2026-05-30T12:00:00Z"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    yield from opened(tmp_path_factory.mktemp("data"))


def paths(store: Store, *deliveries: RawDelivery, event_type: str = "sale.created") -> dict[str, Any]:
    refill(store, deliveries)
    return {
        row["json_path"]: row for row in rows_of(store, "schema_paths") if row["event_type"] == event_type
    }


def test_a_path_is_read_where_an_alias_reads_it_from_the_place_where_the_body_holds_its_data(
    store: Store,
) -> None:
    data = {"receipt": "A1", "amount": 5, "date": OLD, "lineItems": [{"itemNo": "p", "colour": "red"}]}
    told = {
        "data": {"type": "sale.created", "data": data | {"vendor": None}},
        "element": {"type": "sale.created", "data": [data, {"receipt": "A2"}]},
        "flat": {"type": "sale.created"} | data,
        "beside": {"type": "sale.created", "payload": data, "receipt": "A3"},
    }
    found = {
        name: {
            path: row["is_mapped"]
            for path, row in paths(store, RawDelivery(RECEIVED, json.dumps(body).encode())).items()
        }
        for name, body in told.items()
    }
    own = {"receipt": True, "amount": True, "date": True}
    lines = {"lineItems[*].itemNo": True, "lineItems[*].colour": False}
    assert found["data"] == {"$.type": True} | {
        f"$.data.{key}": is_read for key, is_read in (own | lines).items()
    } | {"$.data.vendor": True}
    assert found["element"] == {"$.type": True} | {
        f"$.data[*].{key}": is_read for key, is_read in (own | lines).items()
    }
    assert found["flat"] == {"$.type": True} | {f"$.{key}": is_read for key, is_read in (own | lines).items()}
    assert found["beside"] == {"$.type": True, "$.receipt": False} | {
        f"$.payload.{key}": is_read for key, is_read in (own | lines).items()
    }


def test_a_new_path_of_an_older_event_type_is_warned_of_until_an_alias_reads_it(store: Store) -> None:
    old = sale("A1", OLD, shade="blue")
    new = sale("A2", RECENT, shade="red", belegnr="X9")
    other = refund("A1", TODAY, 5, ticket_text="late")
    found = paths(store, old, new, other)
    assert {path for path, row in found.items() if row["is_new"]} == {"$.data.belegnr"}
    assert not found["$.data.shade"]["is_new"]
    row = found["$.data.belegnr"]
    assert (row["event_count"], row["json_type"], row["is_mapped"]) == (1, "text", False)
    assert row["first_seen_at"].isoformat() == "2026-05-28T12:00:00+00:00"
    assert run_checks(store.connection, DRIFT)[0].violations == 1
    assert paths(store, old, sale("A2", RECENT, shade="red"), other)
    assert run_checks(store.connection, DRIFT)[0].violations == 0


def test_an_alias_of_the_user_reads_its_path(tmp_path: Path) -> None:
    (tmp_path / "aliases.csv").write_text("scope,field,path,unit\ntransaction,receipt,belegnr,\n")
    with built([sale("A1", OLD), sale("A2", RECENT, belegnr="X9")], tmp_path) as store:
        assert only(rows_of(store, "schema_paths"), json_path="$.data.belegnr")["is_mapped"]
        assert run_checks(store.connection, DRIFT)[0].violations == 0


def test_keys_that_may_be_values_are_not_shown_and_free_maps_are_one_path(store: Store) -> None:
    keys = {
        "ann.lee@example.com": 1,
        "ann.lee": 1,
        "4111 1111": 1,
        "P1234567": 1,
        "a" * 49: 1,
        "Bestell Nr": 1,
        "v9": 1,
        "": 1,
    }
    free = {"tid": "t", "aff_sub1": "x", "campaign": 7, "item": [{"name": "n"}]}
    found = paths(store, sale("A1", OLD, own=keys, vendorVariables=free, totals={"a": 1, "b": {"c": 2}}))
    shown = {
        path: row["json_type"]
        for path, row in found.items()
        if "own" in path or "V" in path or "totals" in path
    }
    assert shown == {
        "$.data.own.*": "number",
        "$.data.own.Bestell Nr": "number",
        "$.data.own.v9": "number",
        "$.data.vendorVariables.tid": "text",
        "$.data.vendorVariables.*": "mixed",
        "$.data.totals.*": "number",
    }
    assert all(row["event_count"] == 1 for row in found.values())


def test_an_object_with_more_than_200_unread_keys_is_a_map_whatever_it_is_called(store: Store) -> None:
    """The shown keys depend on all bodies together, and so not on their order of arrival."""
    letters = [f"{a}{b}" for a in "abcdefghijklmn" for b in "abcdefghijklmno"]
    words = [sale(f"R{number}", OLD, words={word: number}) for number, word in enumerate(letters[:200])]
    assert len([path for path in paths(store, *words) if ".words." in path]) == 200
    last = sale("LAST", RECENT, words={letters[200]: {"deep": "x"}, "aa": [True]}, tid="t")
    for order in ([*words, last], [last, *words]):
        found = paths(store, *order)
        assert {path for path in found if "words" in path} == {"$.data.words.*"}
        row = found["$.data.words.*"]
        assert (row["event_count"], row["json_type"], row["is_mapped"]) == (201, "mixed or number", False)
        assert found["$.data.tid"]["is_mapped"]
        assert differences(store, build_warehouse(order)) == []


def test_an_event_counts_once_whatever_it_is_told_in_and_test_traffic_not_at_all(store: Store) -> None:
    first, last = sale("A1", OLD, colour=1), sale("A2", RECENT, colour="red")
    bodies = [first, first, last, deliver("sale.created", {"receipt": "A1"}, test=True, odd_key=1)]
    found = paths(store, *bodies)
    assert "$.odd_key" not in found
    colour = found["$.data.colour"]
    assert (colour["event_count"], colour["json_type"]) == (2, "number or text")
    assert (colour["last_seen_at"] - colour["first_seen_at"]) == timedelta(days=27)


def test_what_cannot_be_mapped_was_seen_when_it_was_received(store: Store) -> None:
    late = RECEIVED + timedelta(days=1)
    broken = deliver("sale.created", {"belegnr": "A1", "date": OLD}, received_at=late)
    found = paths(store, sale("A1", OLD), sale("A2", TODAY), broken)
    assert found["$.data.belegnr"]["first_seen_at"] == late
    assert found["$.data.belegnr"]["is_new"]


keys = st.sampled_from(["a", "b", "A", "a.b", "é"])
values = st.recursive(
    st.sampled_from([None, True, 1, 1.5, -7, "x", 12345678901234567890, {"@nil": "true"}]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=12,
)


@settings(
    max_examples=amount(2, 4),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(
    bodies=st.lists(
        st.dictionaries(st.sampled_from(["a", "data", "payload", "type", "n"]), values, max_size=4),
        max_size=60,
    )
)
def test_whatever_the_shape_of_a_body_sql_and_oracle_find_the_same_paths(
    store: Store, bodies: list[dict[str, Any]]
) -> None:
    deliveries = [
        RawDelivery(RECEIVED - timedelta(days=20 * (number % 2)), json.dumps(body).encode())
        for number, body in enumerate(bodies)
    ]
    deliveries.append(sale("A1", "2026-06-30T12:00:00Z"))
    refill(store, deliveries)
    assert differences(store, build_warehouse(deliveries)) == []
