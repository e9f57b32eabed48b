"""The events of an import are a union: pages, order, format and earlier imports change nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.exports.group import Telling, union
from ingest.exports.grouping import Rows
from ingest.exports.recognise import open_export
from tests.exports import BILLED, CART, DETAILS, ORDER, REPORT, as_csv, as_json, as_xml, bodies, dialect, keep

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.load.history import PastEvent

MANY = [*CART, *(row | {"txnType": "RFND", "date": "2026-03-09T10:00:00-07:00"} for row in CART)]


def decoded(events: list[PastEvent]) -> list[dict[str, Any]]:
    return [json.loads(event.body) for event in events]


def test_format_order_and_paging_change_no_byte(tmp_path: Path) -> None:
    once = bodies(tmp_path, as_csv(MANY))
    assert len(once) == 2
    for files in (
        [as_json(MANY)],
        [as_xml(MANY)],
        [as_csv(MANY[::-1], ";")],
        [as_csv(MANY), as_json(MANY)],
        [as_json(MANY[4:]), as_csv(MANY[:2]), as_json(MANY[1:5])],
    ):
        found = bodies(tmp_path, *files, as_of=datetime(2026, 3, 10, tzinfo=UTC))
        asked = bodies(tmp_path, as_csv(MANY), as_of=datetime(2026, 3, 10, tzinfo=UTC))
        assert found == asked


def test_a_later_import_adds_only_rows_that_are_not_held(tmp_path: Path) -> None:
    """A cart of three rows on two pages, imported on two days: the second body has all three, and is later."""
    [first] = bodies(tmp_path, as_csv(CART[:2]))
    held = keep(tmp_path, [first])
    assert bodies(tmp_path, as_json(CART[:2]), held=held) == []
    assert bodies(tmp_path, as_json(CART[1:2]), held=held) == []
    [second] = bodies(tmp_path, as_json(CART[1:]), held=held)
    one, two = decoded([first, second])
    assert (one["id"], [row["item"] for row in two["data"]]) == (two["id"], ["1", "2", "3"])
    assert two["created_at"] > one["created_at"]
    assert bodies(tmp_path, as_csv(CART), held=keep(tmp_path, [first, second])) == []


def test_an_order_with_its_own_total_stands_for_its_rows(tmp_path: Path) -> None:
    [body] = decoded(bodies(tmp_path, as_csv(CART), as_json([ORDER, ORDER])))
    [row] = body["data"]
    assert (row["totalOrderAmount"], len(row["lineItemData"])) == ("60.5", 3)
    assert "trackingId" not in row
    assert row["vendorVariables"] == {"vtid": "V1"}


def test_a_newer_export_says_the_state_and_an_older_one_fills_gaps(tmp_path: Path) -> None:
    old = as_csv([BILLED | {"status": "ACTIVE", "state": "CA"}])
    [first] = bodies(tmp_path, old, as_of=datetime(2026, 4, 1, tzinfo=UTC))
    newer = bodies(
        tmp_path, as_csv([BILLED]), as_of=datetime(2026, 5, 1, tzinfo=UTC), held=keep(tmp_path, [first])
    )
    [body] = decoded(newer)
    assert (body["told_as_of"], body["data"][0]["status"]) == ("2026-05-01T00:00:00.000000Z", "CANCELED")
    assert body["data"][0]["state"] == "CA"
    assert bodies(tmp_path, old, as_of=datetime(2026, 4, 1, tzinfo=UTC), held=keep(tmp_path, newer)) == []


def test_without_a_time_of_the_export_the_newest_row_says_it(tmp_path: Path) -> None:
    [sale, _] = decoded(bodies(tmp_path, as_csv(MANY)))
    assert (sale["told_as_of"], sale["is_told_as_of_assumed"]) == ("2026-03-09T17:00:00.000000Z", True)


def test_a_fee_belongs_to_its_reversal_also_when_it_comes_later(tmp_path: Path) -> None:
    [*_, refund, fee] = REPORT
    at_once = decoded(bodies(tmp_path, as_json([refund, fee])))
    assert [(body["transactionType"], len(body["data"]), len(body["fees"])) for body in at_once] == [
        ("RFND", 1, 1)
    ]
    assert at_once[0]["data"][0]["fee_amount"] == "2.5"
    alone = bodies(tmp_path, as_json([fee]))
    assert [body["transactionType"] for body in decoded(alone)] == ["FEE"]
    [later] = decoded(bodies(tmp_path, as_json([refund]), held=keep(tmp_path, alone)))
    assert (later["data"], later["fees"]) == (at_once[0]["data"], at_once[0]["fees"])
    earlier = bodies(tmp_path, as_json([refund]))
    [later] = decoded(bodies(tmp_path, as_json([fee]), held=keep(tmp_path, earlier)))
    assert (later["data"], later["fees"]) == (at_once[0]["data"], at_once[0]["fees"])


def test_details_are_one_observation_an_export(tmp_path: Path) -> None:
    first = bodies(tmp_path, as_csv(DETAILS), account="brightketo", as_of=datetime(2026, 5, 1, tzinfo=UTC))
    assert [event.secret_id for event in first] == ["subscriptions:brightketo"] * 2
    assert {body["transactionType"] for body in decoded(first)} == {"SUBSCRIPTION-DETAIL"}
    held = keep(tmp_path, first)
    options: dict[str, Any] = {"account": "brightketo", "held": held}
    assert bodies(tmp_path, as_csv(DETAILS), as_of=datetime(2026, 5, 1, tzinfo=UTC), **options) == []
    assert len(bodies(tmp_path, as_csv(DETAILS), as_of=datetime(2026, 6, 1, tzinfo=UTC), **options)) == 2


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.sampled_from(CART), max_size=5), min_size=1, max_size=4))
def test_a_row_is_told_as_often_as_by_the_page_that_tells_it_most(pages: list[list[dict[str, Any]]]) -> None:
    tellings = [
        Telling(datetime(2026, 3, 10, tzinfo=UTC), is_assumed=True, rows=tuple(page)) for page in pages
    ]
    found = union(tellings, dialect())
    assert found == union(tellings[::-1], dialect())
    assert [found.count(row) for row in CART] == [max(page.count(row) for page in pages) for row in CART]
    assert len(found) == sum(map(found.count, CART))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [({"receipt": ""}, "missing_receipt"), ({"date": ""}, "no_time"), ({"amount": ""}, "missing_amount"),
     ({"amount": "-1"}, "negative_amount"), ({"txnType": ""}, "no type")],
)  # fmt: skip
def test_a_row_that_cannot_be_mapped_is_an_event_of_its_own(
    tmp_path: Path, changed: dict[str, str], reason: str
) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(as_csv([*CART, CART[0] | {"receipt": "WXYZ9876"} | changed]))
    export = open_export(path, path.name, dialect())
    assert export is not None
    with Rows(tmp_path / "rows", dialect()) as rows:
        rows.add(export)
        assert len(list(rows.events(None))) == 2
        assert rows.found.reasons == {reason: 1}
