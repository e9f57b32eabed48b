"""``cbw explain``: a few column values select a row, and its sources are shown down to the deliveries."""

from __future__ import annotations

import hashlib
import json
import shutil
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from cbw.command import main
from cbw.errors import AlreadyServedError, WarehouseError
from tests.histories import receive, settings_for
from tests.processes import cbw
from tests.sql.harness import GRAPH
from tests.transforms.service.test_requests import answering
from transforms.pipeline.pipeline import Pipeline
from transforms.pipeline.read_only import Reader
from transforms.service.actions import perform
from transforms.service.requests import ask

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EMAIL = "somebody@example.com"


def event(type_: str, receipt: str, day: str, **data: Any) -> bytes:
    values = {
        "receipt": receipt,
        "vendor": "shop",
        "currency": "USD",
        "transactionTime": f"2026-05-{day}T12:00:00Z",
    }
    return json.dumps({"type": type_, "data": values | data}).encode()


BODIES = [
    event("sale.created", "AAAA1111", "01", totalOrderAmount=10.25, affiliate="joe", email=EMAIL),
    event("sale.created", "BBBB2222", "01", totalOrderAmount=20),
    event("sale.created", "CCCC3333", "01", totalOrderAmount=30.5),
    event("refund.processed", "AAAA1111", "03", refundAmount=4.25),
    event("sale.created", "DDDD4444", "04", totalOrderAmount=40),
    b"not json",
]
MANY = [
    event(
        "sale.created", f"M{number:07}", "01", vendor="many", transactionTime="2026-04-01T12:00:00Z", amount=1
    )
    for number in range(30, 0, -1)
]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data directory whose pipeline answers: opening its files for each test would take longer than the test."""
    data_dir = tmp_path_factory.mktemp("explained") / "data"
    receive(data_dir, BODIES)
    receive(data_dir, [BODIES[0]])
    receive(data_dir, MANY)
    with Pipeline(settings_for(data_dir)) as pipeline:
        pipeline.run("command")
        with answering(data_dir, partial(perform, pipeline)):
            yield data_dir


def explained(
    data_dir: Path, table: str, *key: str, limit: int = 10, show_body: bool = False
) -> dict[str, Any]:
    asked = {"table": table, "key": key, "limit": limit, "show_body": show_body}
    found: dict[str, Any] = ask(settings_for(data_dir), "explain", asked)
    return found


def level(found: dict[str, Any], table: str) -> dict[str, Any]:
    [only] = [each for each in found["levels"] if each["table"] == table]
    return dict(only)


def sequences(found: dict[str, Any]) -> list[int]:
    return [row["sequence"] for row in level(found, "raw_events")["rows"]]


def test_an_order_comes_from_its_sale_its_refund_and_every_delivery_of_them(data_dir: Path) -> None:
    found = explained(data_dir, "fct_orders", "AAAA1111")
    assert (found["row"]["state"], found["row"]["net_amount"]) == ("partially_refunded", "6.0000")
    assert [each["table"] for each in found["levels"]][-1] == "raw_events"
    assert [row["refund_amount"] for row in level(found, "fct_refunds")["rows"]] == ["4.2500"]
    deliveries = level(found, "raw_events")["rows"]
    assert [row["sequence"] for row in deliveries] == [1, 4, 7]
    assert (
        deliveries[0]["body_sha256"] == hashlib.sha256(BODIES[0]).hexdigest() == deliveries[2]["body_sha256"]
    )
    assert deliveries[0].keys() == {
        "sequence", "received_at", "body_sha256", "secret_id", "verdict", "inbox_id", "inbox_sequence",
    }  # fmt: skip


def test_what_rows_are_found_by_inside_is_not_shown(data_dir: Path) -> None:
    found = explained(data_dir, "fct_orders", "AAAA1111")
    assert tuple(found["row"]) == GRAPH["fct_orders"].shown_columns
    shown = {each["table"]: tuple(each["rows"][0]) for each in found["levels"] if not each["is_staging"]}
    del shown["raw_events"]
    assert shown == {table: GRAPH[table].shown_columns for table in shown}
    assert {"fct_sales", "fct_refunds"} <= shown.keys()


def test_a_row_is_named_by_values_in_the_order_of_its_key_or_by_columns(data_dir: Path) -> None:
    by_place = explained(data_dir, "daily_sales", "2026-05-01", "USD", "shop", "NULL")
    by_name = explained(data_dir, "daily_sales", "affiliate=NULL", "report_date=2026-05-01")
    assert by_name == by_place
    assert (by_place["row"]["gross_sales"], sequences(by_place)) == ("50.5000", [2, 3])
    # a refund of the receipt is among them: every telling of a receipt has a say in who its seller is
    assert sequences(explained(data_dir, "daily_sales", "2026-05-01", "USD", "shop", "joe")) == [1, 4, 7]


def test_many_rows_are_counted_and_summed_and_the_first_shown(data_dir: Path) -> None:
    found = explained(data_dir, "daily_sales", "2026-05-01", "USD", "shop", "NULL", limit=1)
    sales = level(found, "fct_sales")
    assert (sales["count"], len(sales["rows"])) == (2, 1)
    assert [(each["currency"], each["rows"], each["gross_amount"]) for each in sales["sums"]] == [
        ("USD", 2, "50.5000")
    ]


def test_as_many_rows_are_shown_as_asked_for_in_the_order_of_their_key(data_dir: Path) -> None:
    for limit in (5, 25, 100):
        found = explained(data_dir, "daily_sales", "2026-04-01", "USD", "many", "NULL", limit=limit)
        shown = min(limit, 30)
        receipts = [row["receipt"] for row in level(found, "fct_sales")["rows"]]
        assert receipts == [f"M{number:07}" for number in range(1, shown + 1)]
        assert sequences(found) == list(range(8, 8 + shown))


def test_a_window_comes_from_its_days_and_from_today(data_dir: Path) -> None:
    found = explained(data_dir, "refund_rates", "2026-05-03", "USD", "shop", "1")
    assert (found["row"]["refund_count"], found["row"]["sale_count"]) == (1, 0)
    # the refund, the sale it reverses (twice delivered), the sale that says which day today is, and the event that was
    # received last: today is never later than that
    assert sequences(found) == [1, 4, 5, 7, 37]


def test_what_was_quarantined_is_explained_too(data_dir: Path) -> None:
    found = explained(data_dir, "quarantine", "reason=bad_json")
    assert [(row["sequence"], row["verdict"]) for row in level(found, "raw_events")["rows"]] == [
        (6, "bad_json")
    ]


def test_bodies_are_shown_only_when_asked_for(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["explain", "fct_sales", "receipt=AAAA1111", "--data-dir", str(data_dir)]
    for more in ([], ["--json"]):
        assert main([*arguments, *more]) == 0
        assert EMAIL not in capsys.readouterr().out
    assert main([*arguments, "--show-body"]) == 0
    assert EMAIL in capsys.readouterr().out.replace("\n", "")
    assert main([*arguments, "--show-body", "--json"]) == 0
    rows = level(json.loads(capsys.readouterr().out), "raw_events")["rows"]
    assert [row["body"].encode() for row in rows].count(BODIES[0]) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["fct_sale", "AAAA1111"],
            "there is no table fct_sale to explain (there are affiliate_performance, ",
        ),
        (["pipeline_runs", "1"], "there is no table pipeline_runs to explain"),
        (
            ["fct_orders", "ZZZZ9999"],
            "no row of fct_orders has receipt=ZZZZ9999 (some that exist: receipt=AAAA1111",
        ),
        (["fct_orders", "recipe=ZZZZ9999"], "fct_orders has no column recipe (it has receipt, order_key, "),
        (
            ["fct_orders", "A", "B", "C"],
            "3 values, but the key of fct_orders has 2 columns (they are receipt, vendor)",
        ),
        (["daily_sales", "yesterday"], "'yesterday' is no DATE, which daily_sales.report_date is"),
        (
            ["daily_sales", "2026-05-01"],
            "more than one row of daily_sales has report_date=2026-05-01 (give more columns: ",
        ),
        (["fct_refunds", "receipt=NULL"], "no row of fct_refunds has receipt=NULL"),
        (["fct_refunds", "receipt='NULL'"], "no row of fct_refunds has receipt=NULL"),
        (
            ["fct_refunds", "receipt='; drop table fct_refunds"],
            "no row of fct_refunds has receipt='; drop table",
        ),
        (
            ["fct_threshold_alerts", "x"],
            "no row of fct_threshold_alerts has event_key=x (the table is empty)",
        ),
    ],
)
def test_a_wrong_word_is_one_clear_line_with_the_choices(
    data_dir: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    capsys.readouterr()
    assert main(["explain", *arguments, "--data-dir", str(data_dir)]) == 2
    output = capsys.readouterr()
    assert (output.out, output.err.count("\n")) == ("", 1)
    assert words in output.err


def test_a_wrong_directory_is_named_and_not_made(tmp_path: Path) -> None:
    done = cbw("explain", "fct_orders", "A", "--data-dir", "nowhere", cwd=tmp_path)
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert list(tmp_path.iterdir()) == []


def test_it_works_without_a_running_pipeline(tmp_path: Path) -> None:
    receive(tmp_path / "data", BODIES)
    assert cbw("refresh", "--data-dir", "data", cwd=tmp_path).code == 0
    done = cbw("explain", "fct_orders", "BBBB2222", "--json", "--data-dir", "data", cwd=tmp_path)
    assert (done.code, sequences(done.json)) == (0, [2])


def test_without_a_running_pipeline_the_files_are_only_read(tmp_path: Path) -> None:
    receive(tmp_path, BODIES)
    with Pipeline(settings_for(tmp_path)) as pipeline:
        pipeline.run("command")
    files = [tmp_path / f"{name}.duckdb" for name in ("build", "events")]
    before = [(file.read_bytes(), file.stat().st_mtime_ns) for file in files]
    assert sequences(explained(tmp_path, "fct_orders", "BBBB2222")) == [2]
    assert [(file.read_bytes(), file.stat().st_mtime_ns) for file in files] == before


def test_what_a_killed_pipeline_left_in_its_log_is_read_too(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    receive(data_dir, BODIES)
    with Pipeline(settings_for(data_dir)) as pipeline:
        pipeline.run("command")
        pipeline.store.checkpoint()
        receive(data_dir, [event("sale.created", "EEEE5555", "05", totalOrderAmount=50)])
        pipeline.run("command")
        copy = tmp_path / "killed"
        shutil.copytree(data_dir, copy, symlinks=True)
    assert (copy / "build.duckdb.wal").stat().st_size > 0
    assert sequences(explained(copy, "fct_orders", "EEEE5555")) == [len(BODIES) + 1]


@pytest.mark.long
def test_a_file_that_cannot_be_opened_is_left_to_a_pipeline_which_makes_it_again(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    receive(data_dir, BODIES)
    with Pipeline(settings_for(data_dir)) as pipeline:
        pipeline.run("command")
    (data_dir / "build.duckdb").write_bytes(b"no database")
    with pytest.raises(WarehouseError):
        explained(data_dir, "fct_orders", "BBBB2222")
    assert [path.read_bytes() for path in data_dir.glob("build.duckdb.corrupt-*Z")] == [b"no database"]
    with Pipeline(settings_for(data_dir)) as pipeline:
        pipeline.run("command")
    assert sequences(explained(data_dir, "fct_orders", "BBBB2222")) == [2]


def test_a_failure_on_the_way_closes_the_files(tmp_path: Path) -> None:
    receive(tmp_path, BODIES)
    settings = settings_for(tmp_path)
    with Pipeline(settings) as pipeline:
        pipeline.run("command")
        pipeline.store.connection.execute("drop table build.main.int_winners")
    with pytest.raises(WarehouseError, match=r"the run failed.*int_winners"):
        explained(tmp_path, "fct_orders", "BBBB2222")
    with Reader(settings) as reader, pytest.raises(AlreadyServedError):
        Reader(reader.settings)
