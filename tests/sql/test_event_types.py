"""A new event type needs one line in one list; these tests name every other place that still lacks it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb
import pytest

from cbw.event_types import EVENT_TYPES, TEST, EventType
from ingest.send import samples
from tests.oracle import RawDelivery
from tests.oracle.items import KINDS
from tests.sql import nasty_histories
from tests.sql.harness import built, rows_of
from transforms.definitions.aliases import AliasTable
from transforms.definitions.checks import read_checks
from transforms.definitions.event_type_macros import event_type_macros
from transforms.definitions.sql_file import SQL_DIR

if TYPE_CHECKING:
    from pathlib import Path

END = datetime(2026, 6, 30, 12, tzinfo=UTC)
CHECKS = {check.name: check for check in read_checks()}
# Checks about the facts of every type.
OF_EVERY_FACT = (
    "every_fact_row_has_its_event",
    "every_mapped_event_is_in_its_fact",
    "no_test_traffic_is_in_facts",
)
SCOPES = AliasTable.from_files(SQL_DIR / "staging" / "aliases.csv").scopes()
INVENTED = EventType("order.shipped", "parcel", "fct_shipments")


def lacking(each: EventType) -> list[str]:
    """Return the needs of an event type that the project does not meet yet, a sentence each."""
    needs = {
        f"sql/facts/{each.fact_table}.sql": (SQL_DIR / "facts" / f"{each.fact_table}.sql").exists(),
        f"ingest/sample_events/{each.name}.json": each.name in samples.event_types(),
        f"an alias of the scope {each.scope} in sql/staging/aliases.csv": each.scope in SCOPES,
        "a kind of item in tests/oracle/items.py": each.name in KINDS,
        "items in tests/sql/nasty_histories.py": each.name in nasty_histories.ITEMS,
        **{
            f"{each.fact_table} in sql/checks/{name}.sql": each.fact_table in CHECKS[name].inputs
            for name in OF_EVERY_FACT
        },
    }
    return [f"{each.name} needs {need}" for need, is_there in needs.items() if not is_there]


@pytest.mark.parametrize("each", EVENT_TYPES, ids=lambda each: each.name)
def test_an_event_type_has_all_that_it_needs(each: EventType) -> None:
    assert lacking(each) == []


def test_a_line_that_has_nothing_else_says_all_that_it_needs() -> None:
    assert lacking(INVENTED) == [
        "order.shipped needs sql/facts/fct_shipments.sql",
        "order.shipped needs ingest/sample_events/order.shipped.json",
        "order.shipped needs an alias of the scope parcel in sql/staging/aliases.csv",
        "order.shipped needs a kind of item in tests/oracle/items.py",
        "order.shipped needs items in tests/sql/nasty_histories.py",
        *(f"order.shipped needs fct_shipments in sql/checks/{name}.sql" for name in OF_EVERY_FACT),
    ]


@pytest.mark.parametrize("each", EVENT_TYPES, ids=lambda each: each.name)
def test_its_sample_is_mapped_and_comes_to_its_table_of_facts(tmp_path: Path, each: EventType) -> None:
    """Staging reads the time, the amount and the key of each type in branches of its own."""
    with built([RawDelivery(END, samples.sample(each.name, now=END))], tmp_path) as store:
        [event] = rows_of(store, "events")
        assert (event["event_type"], event["status"]) == (each.name, "mapped")
        assert [row["event_key"] for row in rows_of(store, each.fact_table)] == [event["event_key"]]


def test_every_sample_but_that_of_test_traffic_is_of_a_type_in_the_list() -> None:
    assert set(samples.event_types()) == {*(each.name for each in EVENT_TYPES), TEST}


def test_macros_tell_types_apart_as_the_list_does() -> None:
    with duckdb.connect() as connection:
        connection.execute(";".join(event_type_macros([*EVENT_TYPES, INVENTED])))
        query = "select is_handled(n), event_scope(n), is_parcel(n), is_transaction(n) from (select ? as n)"
        for each in (*EVENT_TYPES, INVENTED):
            found = connection.execute(query, [each.name]).fetchall()
            assert found == [(True, each.scope, each is INVENTED, each.scope == "transaction")]
        assert connection.execute(query, ["x"]).fetchall() == [(False, None, False, False)]
