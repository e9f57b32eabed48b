"""``cbw import``: the same facts as over HTTP, and every line counted once, even after an interruption."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import time
from contextlib import contextmanager
from subprocess import PIPE
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from benchmarks.running.peak import peak_of
from cbw.data_dir import EVENTS, PUBLISHED, WAREHOUSE
from cbw.errors import AlreadyServedError, ConfigurationError
from ingest.load.history import open_history
from ingest.load.import_inbox import importing, make_import_inbox
from ingest.load.stream import store_stream
from tests.amounts import some_of
from tests.e2e.conftest import wait_until
from tests.exports import CART, as_csv, as_json
from tests.histories import history, receive, sale, settings_for
from tests.processes import CBW, cbw, environment, running
from transforms.commands.import_ import DONE
from transforms.definitions.graph import ModelGraph
from transforms.pipeline.pipeline import Pipeline
from transforms.service.import_run import load_imports
from transforms.service.request_server import RequestServer
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tests.processes import Finished, Service

NEVER = 3600
HUGE = 100_000
GENEROUS = 700 << 20


def write_lines(path: Path, bodies: Iterable[bytes]) -> Path:
    with path.open("wb") as file:
        file.writelines(body + b"\n" for body in bodies)
    return path


def one_line_each(count: int = 300) -> list[bytes]:
    """Return a history as a file can hold it: a body of JSONL has no line end inside, and is not empty."""
    return [body for body in history(count) if body.strip() and not {10, 13} & set(body)]


def has_grown(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size >= size
    except FileNotFoundError:
        return False


def run_import(tmp_path: Path, *arguments: object) -> Finished:
    return cbw("import", *arguments, "--data-dir", tmp_path / "data", "--json", cwd=tmp_path)


def published(data_dir: Path, *, but: tuple[str, ...] = ()) -> dict[str, list[tuple[Any, ...]]]:
    """Return the published rows, without the columns that tell when and how an event was received."""
    hidden = {"first_seen_at", "last_seen_at", "is_new", "received_at", "last_received_at", *but}
    with Warehouse(data_dir / "warehouse.duckdb") as warehouse:
        found = {}
        for model in ModelGraph.of_product().published:
            columns = [row[0] for row in warehouse.rows(f"describe {model.name}") if row[0] not in hidden]
            found[model.name] = warehouse.rows(f"select {', '.join(columns)} from {model.name} order by all")
        return found


def deliveries(data_dir: Path) -> int:
    with Warehouse(data_dir / "warehouse.duckdb") as warehouse:
        return int(warehouse.rows("select sum(delivery_count) from events")[0][0])


@pytest.mark.long
def test_an_imported_history_gives_the_same_tables_as_one_received_over_http(tmp_path: Path) -> None:
    bodies = one_line_each()
    receive(tmp_path / "http", bodies)
    with Pipeline(settings_for(tmp_path / "http")) as pipeline:
        pipeline.run("command")
    done = run_import(tmp_path, write_lines(tmp_path / "history.jsonl", bodies))
    assert (done.code, done.json["added"], done.json["status"]) == (0, len(bodies), "published"), done.err
    assert published(tmp_path / "data") == published(tmp_path / "http")


def test_the_same_bodies_in_another_file_are_the_same_import(tmp_path: Path) -> None:
    bodies = [*one_line_each(60), b"not json", b"not json"]
    first = write_lines(tmp_path / "history.jsonl", bodies)
    zipped, windows, parquet = (tmp_path / name for name in ("copy.gz", "windows.txt", "copy.parquet"))
    zipped.write_bytes(gzip.compress(first.read_bytes()))
    windows.write_bytes(b"\r\n\r\n".join(bodies))
    connection = duckdb.connect()
    connection.execute("create table t (n int, body blob)")
    connection.executemany("insert into t values (?, ?)", list(enumerate(bodies)))
    connection.execute(f"copy (select body from t order by n) to '{parquet}'")
    assert run_import(tmp_path, first, first).json["added"] == len(bodies)
    again = run_import(tmp_path, first, zipped, windows, parquet)
    assert (again.code, again.json["added"], again.json["status"]) == (0, 0, "unchanged")
    assert [file["deliveries"] for file in again.json["files"]] == [len(bodies)] * 4
    assert deliveries(tmp_path / "data") == len(bodies)


def test_every_line_is_one_delivery_of_its_event(tmp_path: Path) -> None:
    body = sale("AAAA1111")
    receive(tmp_path / "data", [body])
    path = write_lines(tmp_path / "history.jsonl", [body, b"", body, sale("BBBB2222")])
    assert run_import(tmp_path, path).json["deliveries"] == 3
    with Warehouse(tmp_path / "data/warehouse.duckdb") as warehouse:
        counts = warehouse.rows("select delivery_count from events order by all")
        assert (counts, warehouse.rows("select count(*) from fct_sales")) == ([(1,), (3,)], [(2,)])


def test_a_malformed_line_is_stored_and_quarantined(tmp_path: Path) -> None:
    bodies = [b"not json", b"\xff\x00", b'{"type":"sale.created"', b"[1]", sale("AAAA1111")]
    assert run_import(tmp_path, write_lines(tmp_path / "history.jsonl", bodies)).code == 0
    with Warehouse(tmp_path / "data/warehouse.duckdb") as warehouse:
        reasons = warehouse.rows("select reason from quarantine order by all")
        assert [row[0] for row in reasons] == ["bad_json", "bad_json", "not_object", "not_utf8"]
        assert warehouse.rows("select count(*) from fct_sales") == [(1,)]
    with Pipeline(settings_for(tmp_path / "data")) as pipeline:
        stored = pipeline.store.connection.execute("select body, secret_id from raw_events order by sequence")
        assert stored.fetchall() == [(body, "import") for body in bodies]


def test_an_event_is_received_when_the_file_says_and_else_now(tmp_path: Path) -> None:
    path = tmp_path / "history.parquet"
    body = sale("AAAA1111", days_ago=100).decode()
    duckdb.sql(
        f"copy (select '{body}' as body, timestamptz '2026-07-01 00:00:00+00' as received_at "
        f"union all select '{sale('BBBB2222').decode()}', null) to '{path}'"
    )
    started = time.time()
    assert run_import(tmp_path, path).code == 0
    with Warehouse(tmp_path / "data/warehouse.duckdb") as warehouse:
        given, now = [row[0] for row in warehouse.rows("select epoch(received_at) from events order by 1")]
    assert given == 1_782_864_000
    assert started - 1 <= now <= time.time()


def test_without_a_refresh_the_next_one_builds_the_tables(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "history.jsonl", one_line_each(40))
    loaded = run_import(tmp_path, path, "--no-refresh")
    assert (loaded.json["status"], loaded.json["added"]) == ("loaded", len(one_line_each(40)))
    assert not (tmp_path / "data/warehouse.duckdb").exists()
    assert cbw("refresh", "--data-dir", tmp_path / "data", cwd=tmp_path).code == 0
    assert deliveries(tmp_path / "data") == len(one_line_each(40))


@contextmanager
def idle_pipeline(data_dir: Path) -> Iterator[Service]:
    """Run a pipeline that has published every delivery and from then on only does the actions of commands."""
    receive(data_dir, [sale("AAAA1111")])
    with running("pipeline", data_dir, refresh_seconds=NEVER) as service:
        wait_until((data_dir / WAREHOUSE).exists)
        yield service


def test_a_running_pipeline_does_the_import_and_returns_the_same(tmp_path: Path) -> None:
    bodies = one_line_each(80)
    path = write_lines(tmp_path / "history.jsonl", bodies)
    with idle_pipeline(tmp_path / "data"):
        loaded = run_import(tmp_path, path, "--no-refresh")
        published = run_import(tmp_path, path)
        again = run_import(tmp_path, path)
    assert (loaded.code, loaded.json["added"], loaded.json["status"]) == (0, len(bodies), "loaded")
    for done in (published, again):  # by the action, or before it by the run of a sync that the history holds
        assert (done.code, done.json["added"], done.json["status"] in DONE) == (0, 0, True)
    assert again.json["published_version"] == published.json["published_version"]
    assert deliveries(tmp_path / "data") == len(bodies) + 1


@pytest.mark.long
def test_a_running_pipeline_that_fails_is_one_line_and_the_import_is_kept(tmp_path: Path) -> None:
    data_dir, bodies = tmp_path / "data", one_line_each(40)
    with idle_pipeline(data_dir):
        (data_dir / PUBLISHED).rename(data_dir / "aside")
        (data_dir / PUBLISHED).touch()
        failed = run_import(tmp_path, write_lines(tmp_path / "history.jsonl", bodies))
        (data_dir / PUBLISHED).unlink()
        (data_dir / "aside").rename(data_dir / PUBLISHED)
        assert cbw("refresh", "--data-dir", data_dir, cwd=tmp_path).code == 0
    assert (failed.code, failed.out, failed.err.count("\n")) == (1, "", 1)
    assert "the run failed" in failed.err
    assert "the import is kept, and loaded by the next run" in failed.err
    assert deliveries(data_dir) == len(bodies) + 1


@pytest.mark.long
def test_an_import_whose_pipeline_is_killed_is_just_started_again(tmp_path: Path) -> None:
    data_dir, count = tmp_path / "data", 40_000
    path = write_lines(tmp_path / "history.jsonl", (b'{"type":"ping","n":%d}' % n for n in range(count)))
    with idle_pipeline(data_dir) as service:
        process = subprocess.Popen(
            [*CBW, "import", str(path)], env=environment(data_dir=data_dir), cwd=tmp_path, stderr=PIPE
        )
        wait_until(lambda: has_grown(data_dir / f"{EVENTS}.wal", 1_000_000))
        service.kill()
        _, err = process.communicate()
    assert (process.returncode, err.count(b"\n")) == (1, 1)
    assert b"the pipeline ended before it answered" in err
    done = run_import(tmp_path, path)
    assert (done.code, done.json["deliveries"]) == (0, count), done.err
    assert deliveries(data_dir) == count + 1


def test_a_running_pipeline_of_an_older_release_is_named_before_anything_is_imported(tmp_path: Path) -> None:
    def know_nothing(action: str, *_: object) -> None:
        raise ConfigurationError(
            f"the running pipeline knows no action {action!r}", hint="it is of another release: restart it"
        )

    (tmp_path / "data").mkdir()
    server = RequestServer(tmp_path / "data", know_nothing)
    server.start()
    try:
        done = run_import(tmp_path, write_lines(tmp_path / "history.jsonl", [b"{}"]))
    finally:
        server.stop()
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "it is of another release: restart it" in done.err
    assert list((tmp_path / "data").iterdir()) == []


@pytest.mark.parametrize(("is_lasting", "runs"), [(True, 2), (False, 1)])
def test_a_serving_pipeline_publishes_a_long_import_in_steps(
    tmp_path: Path, *, is_lasting: bool, runs: int
) -> None:
    """A step of one delivery ends with the first inbox that had any."""
    settings = settings_for(tmp_path / "data")
    with importing(settings.inbox_dir):
        for number in range(2):
            path = write_lines(tmp_path / f"{number}.jsonl", [sale(f"SALE000{number}")])
            make_import_inbox(settings.inbox_dir, open_history(path))
    with Pipeline(settings, is_lasting=is_lasting) as pipeline:
        answer = load_imports(pipeline, {"is_load_only": False}, lambda *_: None, step=1)
        assert sorted(answer["positions"].values()) == [1, 1]
        [recorded] = pipeline.store.one("select count(*) from build.pipeline_runs where status = 'published'")
    assert (recorded, deliveries(settings.data_dir)) == (runs, 2)


@pytest.mark.parametrize(
    ("moment", "size"),
    some_of((("../events.duckdb.wal", 1_000_000), ("import.unfinished", 0), ("inbox-import-*.sqlite", 0)), 3),
)
def test_an_import_killed_at_any_moment_is_just_started_again(tmp_path: Path, moment: str, size: int) -> None:
    """Killed while it reads the file, when it has read it, and when the first of two batches is loaded."""
    count = 40_000
    path = write_lines(tmp_path / "history.jsonl", (b'{"type":"ping","n":%d}' % n for n in range(count)))
    inbox_dir = tmp_path / "data/inbox"
    process = subprocess.Popen(
        [*CBW, "import", str(path)], env=environment(data_dir=tmp_path / "data"), cwd=tmp_path
    )
    wait_until(lambda: any(has_grown(file, size) for file in inbox_dir.glob(moment)))
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    done = run_import(tmp_path, path)
    assert (done.code, done.json["deliveries"]) == (0, count), done.err
    assert deliveries(tmp_path / "data") == count
    assert sorted(each.suffix for each in inbox_dir.glob("import*")) == [".lock"]


def test_a_damaged_file_imports_nothing_of_it(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl.gz"
    path.write_bytes(gzip.compress(b"\n".join(one_line_each(200)))[:-50])
    done = run_import(tmp_path, path)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "history.jsonl.gz is damaged" in done.err
    assert not list(tmp_path.glob("data/inbox/inbox*"))


def test_there_is_one_import_at_a_time(tmp_path: Path) -> None:
    with importing(tmp_path / "data/inbox"):
        done = run_import(tmp_path, write_lines(tmp_path / "history.jsonl", [b"{}"]))
        assert (done.code, done.err.count("\n")) == (2, 1)
        assert "another import into" in done.err
        with pytest.raises(AlreadyServedError), importing(tmp_path / "data/inbox"):
            pass


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Missing argument 'PATH...'"),
        (["missing.jsonl"], "missing.jsonl cannot be read: No such file or directory"),
        (["."], "is a directory"),
    ],
)
def test_a_wrong_argument_is_one_clear_line(tmp_path: Path, arguments: list[str], words: str) -> None:
    done = run_import(tmp_path, *arguments)
    assert (done.code, done.out) == (2, "")
    assert words in done.err.splitlines()[-1]
    assert not (tmp_path / "data").exists()


def test_an_import_of_nothing_is_no_error_and_says_so(tmp_path: Path) -> None:
    empty = write_lines(tmp_path / "history.jsonl", [b"", b" "])
    done = run_import(tmp_path, empty, write_lines(tmp_path / "other.jsonl", [sale("AAAA1111")]))
    assert (done.code, done.json["deliveries"], done.json["added"]) == (0, 1, 1)
    warning = f"cbw: warning: {empty} holds no event, so nothing of it was imported\n"
    assert done.err == warning
    done = run_import(tmp_path, empty)
    assert (done.code, done.json["deliveries"], done.json["added"], done.err) == (0, 0, 0, warning)


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_a_pipe_is_read_to_its_end(tmp_path: Path, name: str) -> None:
    """It is longer than a pipe holds, and than the first bytes that tell its kind."""
    bodies = [*one_line_each(60), b"x" * 200_000]
    typed = gzip.compress(b"\n".join(bodies)) if name == "-" else b"\n".join(bodies)
    done = cbw(
        "import", name, "--json", "--no-refresh", cwd=tmp_path, typed=typed, data_dir=tmp_path / "data"
    )
    assert (done.code, done.json["added"], done.err) == (0, len(bodies), "")
    assert "import.source" not in {path.name for path in (tmp_path / "data/inbox").iterdir()}


def test_a_pipe_of_nothing_says_so(tmp_path: Path) -> None:
    done = cbw("import", "-", "--no-refresh", cwd=tmp_path, typed=b"", data_dir=tmp_path / "data")
    assert (done.code, done.err.count("\n")) == (0, 1)
    assert "standard input holds no event" in done.err


def test_a_pipe_through_which_nothing_comes_is_not_waited_for_without_an_end(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = os.open(tmp_path / "pipe", os.O_RDWR)
    try:
        with pytest.raises(ConfigurationError, match=r"nothing came through .*pipe for 0 s"):
            store_stream(tmp_path / "pipe", tmp_path / "stored", most_silent_seconds=0.01)
    finally:
        os.close(writer)


@pytest.mark.long
def test_a_large_file_is_imported_in_bounded_memory(tmp_path: Path) -> None:
    """The file is 200 MB large; the process may not grow with it."""
    filler = b"x" * 2000
    path = write_lines(
        tmp_path / "history.jsonl",
        (b'{"type":"ping","n":%d,"filler":"%b"}' % (n, filler) for n in range(HUGE)),
    )
    command = [*CBW, "import", str(path), "--no-refresh"]
    assert peak_of(command, environment(data_dir=tmp_path / "data", memory_limit="300MB")) < GENEROUS


def test_an_export_is_imported_once_whatever_its_format(tmp_path: Path) -> None:
    """A cart of three rows is one delivery and one sale; the same rows as a page of JSON add nothing."""
    (tmp_path / "orders.csv").write_bytes(as_csv(CART))
    (tmp_path / "page.json").write_bytes(as_json(CART[::-1]))
    (tmp_path / "more.json").write_bytes(as_json([*CART[1:], CART[0] | {"receipt": "WXYZ9876"}]))
    trial = run_import(tmp_path, "orders.csv", "--dry-run")
    assert trial.json["exports"]["money"] == [
        {"currency": "EUR", "transaction_type": "SALE", "amount": "60.5"}
    ]
    assert not list(tmp_path.glob("data/inbox/inbox*"))
    done = run_import(tmp_path, "orders.csv", "--account", "brightketo")
    assert (done.json["added"], done.json["files"][0]["title"]) == (1, "orders of the Orders API (CSV)"), (
        done.err
    )
    again = run_import(tmp_path, "page.json", "--account", "brightketo")
    assert (again.json["added"], again.json["exports"]["known"], again.json["status"]) == (0, 1, "unchanged")
    more = run_import(tmp_path, "more.json", "--account", "brightketo")
    assert (more.json["added"], more.json["exports"]["known"]) == (1, 1)
    [first, second] = run_import(tmp_path, "--list").json
    assert (first["told_by"], first["deliveries"], second["deliveries"]) == ("orders:brightketo", 1, 1)
    with Warehouse(tmp_path / "data/warehouse.duckdb") as warehouse:
        sales = warehouse.rows("select receipt, cast(gross_amount as varchar) from fct_sales order by all")
        assert sales == [("ABCD1234", "60.5000"), ("WXYZ9876", "20.0000")]


def test_nothing_is_stored_unless_every_file_can_be_read(tmp_path: Path) -> None:
    good = write_lines(tmp_path / "history.jsonl", [sale("AAAA1111")])
    (tmp_path / "orders.csv").write_bytes(as_csv([*CART, CART[0] | {"amount": "1.234,56"}]))
    done = run_import(tmp_path, good, "orders.csv")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "orders.csv, row 4: amount is '1.234,56'" in done.err
    assert not list(tmp_path.glob("data/inbox/inbox*"))
