"""``cbw export`` writes files of one version that their manifest describes, or nothing."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from cbw.duck import literal
from cbw.errors import ConfigurationError, WarehouseError
from tests.histories import receive, sale, settings_for
from tests.processes import cbw
from transforms.pipeline.pipeline import Pipeline
from transforms.reading.cells import safe, safe_sql
from transforms.reading.export import ExportPlan, export
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from pathlib import Path

    from cbw.settings import Settings


HARMLESS = ("a=b", "'=quoted", "5 - 3", "\N{MINUS SIGN}5", "ketó")
TITLES = (
    '=HYPERLINK("https://evil.example")', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)",
    "\N{FULLWIDTH EQUALS SIGN}1+1", "-", *HARMLESS,
)  # fmt: skip
# Blanks around a text are no part of it, once it is mapped.
FORMULAS = (*TITLES, "\tx", "\rx", "\nx", "  =1+1")


@pytest.fixture
def settings(published_history: Path) -> Settings:
    return settings_for(published_history)


def hashes(directory: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in directory.iterdir()}


def rows(query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        return connection.execute(query).fetchall()


def test_parquet_files_equal_the_manifest_and_the_published_tables(
    settings: Settings, tmp_path: Path
) -> None:
    export(settings, ExportPlan(tmp_path / "out"))
    manifest = json.loads((tmp_path / "out/manifest.json").read_bytes())
    assert (manifest["published_version"], manifest["format"]) == (1, "parquet")
    digests = hashes(tmp_path / "out")
    assert digests.keys() == {"manifest.json", *(table["file"] for table in manifest["tables"])}
    with Warehouse(settings.warehouse_path) as warehouse:
        names = [row[0] for row in warehouse.rows("show tables")]
        for table in manifest["tables"]:
            file = tmp_path / "out" / table["file"]
            assert (table["sha256"], table["bytes"]) == (digests[file.name], file.stat().st_size)
            read = rows(f"select * from '{file}' order by all")
            assert (len(read), read) == (
                table["rows"], warehouse.rows(f"select * from {table['table']} order by all"),
            )  # fmt: skip
            described = warehouse.rows(f"describe {table['table']}")
            assert table["columns"] == [{"name": row[0], "type": row[1]} for row in described]
            codecs = rows(f"select distinct compression from parquet_metadata('{file}')")
            assert codecs in ([("ZSTD",)], []), file
        assert [table["table"] for table in manifest["tables"]] == sorted(names)


def test_csv_has_a_header_and_tells_null_from_an_empty_text(settings: Settings, tmp_path: Path) -> None:
    manifest = export(settings, ExportPlan(tmp_path / "out", ("daily_sales", "events"), "csv"))
    assert hashes(tmp_path / "out").keys() == {"manifest.json", "daily_sales.csv", "events.csv"}
    daily = manifest.tables[0]
    lines = (tmp_path / "out/daily_sales.csv").read_text().splitlines()
    assert lines[0].split(",") == [column["name"] for column in daily.columns]
    assert len(lines) == daily.rows + 1
    with Warehouse(settings.warehouse_path) as warehouse:
        types = {column["name"]: column["type"] for column in daily.columns}
        assert rows(
            f"select * from read_csv('{tmp_path}/out/daily_sales.csv', types = {types}) order by all"
        ) == (warehouse.rows("select * from daily_sales order by all"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Sales whose titles, affiliate and country a spreadsheet would run, and a day that is below zero."""
    settings = settings_for(tmp_path_factory.mktemp("formulas") / "data")
    bodies = [json.loads(sale(f"FORMULA{number}")) for number in range(len(TITLES))]
    for body, title in zip(bodies, TITLES, strict=True):
        body["data"]["affiliate"] = "=aff"
        body["data"]["lineItems"] = [body["data"]["lineItems"][0] | {"productTitle": title}]
    back = {"receipt": "FORMULA0", "transactionTime": "2026-05-09T12:00:00Z", "refund_amount": 5}
    refunded = json.dumps({"type": "refund.processed", "data": back}).encode()
    receive(settings.data_dir, [*(json.dumps(body).encode() for body in bodies), refunded])
    with Pipeline(settings) as pipeline:
        assert pipeline.run("command").status == "published"
    return settings


def cells_of(path: Path, column: str) -> list[str]:
    with path.open(encoding="utf-8", newline="") as lines:
        return sorted(row[column] for row in csv.DictReader(lines))


def test_csv_for_people_holds_no_text_that_a_spreadsheet_would_run(hostile: Settings, tmp_path: Path) -> None:
    tables = ("fct_sale_lines", "daily_sales")
    manifest = export(hostile, ExportPlan(tmp_path / "safe", tables, "csv"))
    assert (manifest.cells, manifest.as_json["cells"]) == ("safe", "safe")
    titles = cells_of(tmp_path / "safe/fct_sale_lines.csv", "title")
    assert titles == sorted(title if title in HARMLESS else f"'{title}" for title in TITLES)
    days = tmp_path / "safe/daily_sales.csv"
    assert set(cells_of(days, "affiliate")) == {"'=aff"}
    assert "-5.0000" in cells_of(days, "net_sales"), "a negative amount stays a number"


def test_csv_for_programs_is_as_it_was_sent(hostile: Settings, tmp_path: Path) -> None:
    manifest = export(hostile, ExportPlan(tmp_path / "exact", ("fct_sale_lines",), "csv", exact=True))
    assert manifest.cells == "exact"
    assert cells_of(tmp_path / "exact/fct_sale_lines.csv", "title") == sorted(TITLES)


def test_parquet_is_exact(hostile: Settings, tmp_path: Path) -> None:
    assert export(hostile, ExportPlan(tmp_path / "out", ("fct_sale_lines",))).cells == "exact"
    titles = rows(f"select title from '{tmp_path}/out/fct_sale_lines.parquet'")
    assert sorted(title for (title,) in titles) == sorted(TITLES)


def test_csv_of_a_query_is_as_safe_as_that_of_an_export(hostile: Settings, tmp_path: Path) -> None:
    query = "select title, -5.00 as amount from fct_sale_lines where title = '@SUM(A1)'"
    command = ("query", query, "--format", "csv")
    for options, mark in ((), "'"), (("--exact",), ""):
        out = cbw(*command, *options, cwd=tmp_path, data_dir=hostile.data_dir).out
        shown = list(csv.reader(io.StringIO(out, newline="")))
        assert shown == [["title", "amount"], [f"{mark}@SUM(A1)", "-5.00"]]


@pytest.mark.parametrize("value", [*FORMULAS, -5, None, 0.5])
def test_sql_and_python_mark_the_same_cells(value: object) -> None:
    with duckdb.connect() as connection:
        cell = f"cast({literal(value) if isinstance(value, str) else 'null'} as varchar)"
        row = connection.execute(f"select {safe_sql('x')} from (select {cell} as x)").fetchone()
    assert row == (safe(value) if isinstance(value, str) else None,)
    assert safe(value) == (f"'{value}" if value in FORMULAS and value not in HARMLESS else value)


def test_rows_are_in_the_order_of_the_key_and_a_version_always_gives_the_same_bytes(
    settings: Settings, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        export(settings, ExportPlan(tmp_path / name))
    assert hashes(tmp_path / "one") == hashes(tmp_path / "two")
    file = tmp_path / "one/refund_rates.parquet"
    key = "report_date, currency, vendor, window_days"
    assert rows(f"select {key} from '{file}'") == rows(f"select {key} from '{file}' order by {key}")


def test_as_of_is_when_the_run_began_that_published(settings: Settings, tmp_path: Path) -> None:
    manifest = export(settings, ExportPlan(tmp_path / "out", ("events",)))
    with Warehouse(settings.warehouse_path) as warehouse:
        started = warehouse.rows("select started_at from pipeline_runs where published_version = 1")[0][0]
    assert manifest.as_of is not None
    assert rows(f"select timestamptz '{manifest.as_of}'") == [(started,)]


def test_all_tables_are_of_one_version_although_another_is_published(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "data")
    receive(settings.data_dir, [sale("AAAA1111")])
    with Pipeline(settings) as pipeline:
        pipeline.run("command")

        def publish_another(name: str, _total: int) -> None:
            if name == "fct_orders":
                receive(settings.data_dir, [sale("BBBB2222")])
                assert pipeline.run("command").published_version == 2

        manifest = export(settings, ExportPlan(tmp_path / "out"), publish_another)
    counts = {table.table: table.rows for table in manifest.tables}
    assert (manifest.published_version, counts["events"], counts["fct_sales"]) == (1, 1, 1)


def test_an_earlier_export_is_replaced_only_when_asked(settings: Settings, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(settings, ExportPlan(out))
    with pytest.raises(ConfigurationError, match="out is not empty"):
        export(settings, ExportPlan(out, ("events",)))
    export(settings, ExportPlan(out, ("events",), "csv", replace=True))
    assert hashes(out).keys() == {"manifest.json", "events.csv"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_empty_directory_may_exist(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    export(settings, ExportPlan(tmp_path / "out", ("events",)))
    assert (tmp_path / "out/events.parquet").exists()


@pytest.mark.parametrize(
    "manifest", [None, "{}", "[]", "no json", '{"producer": "cbw export", "tables": []}']
)
def test_a_file_that_no_export_wrote_is_never_replaced(
    settings: Settings, tmp_path: Path, manifest: str | None
) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    if manifest is not None:
        (tmp_path / "manifest.json").write_text(manifest)
    with pytest.raises(ConfigurationError, match=r"holds files that no export wrote: .*thesis\.txt"):
        export(settings, ExportPlan(tmp_path, replace=True))
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_failed_export_leaves_nothing_behind(settings: Settings, tmp_path: Path) -> None:
    def fail(name: str, _total: int) -> None:
        if name == "fct_sales":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(settings, ExportPlan(tmp_path / "out"), fail)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(WarehouseError, match="cannot be written: Not a directory"):
        export(settings, ExportPlan(tmp_path / "file/out"))


def test_the_command_prints_the_manifest(settings: Settings, tmp_path: Path) -> None:
    where = ("--to", "out", "--table", "fct_sales", "--table", "events", "--data-dir", settings.data_dir)
    done = cbw("export", *where, "--json", cwd=tmp_path)
    assert done.json == json.loads((tmp_path / "out/manifest.json").read_bytes())
    assert [table["table"] for table in done.json["tables"]] == ["events", "fct_sales"]
    again = cbw("export", *where, "--replace", cwd=tmp_path)
    assert (again.code, again.out.startswith("out: version 1, 2 tables, ")) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "Missing option '--to'"),
        (["--to", "out", "--format", "xlsx"], 2, "'xlsx' is not one of 'parquet', 'csv'"),
        (["--to", "out", "--table", "sales"], 2, "there is no table sales (one of affiliate_performance, "),
        (["--to", "taken"], 2, "taken is no directory"),
        (["--to", "out", "--data-dir", "nowhere"], 1, "there is no published warehouse at nowhere"),
    ],
)
def test_a_wrong_argument_is_one_clear_line(
    settings: Settings, tmp_path: Path, arguments: list[str], code: int, words: str
) -> None:
    (tmp_path / "taken").touch()
    done = cbw("export", "--data-dir", settings.data_dir, *arguments, cwd=tmp_path)
    assert (done.code, done.out) == (code, "")
    assert words in done.err.splitlines()[-1]
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
