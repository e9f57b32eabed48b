"""From a POST to a row in a file that anyone can open, through ``cbw serve`` as it is run."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from cbw.event_types import EVENT_TYPES
from ingest.secrets.signature import sign
from ingest.send.samples import event_types
from tests.e2e.conftest import SECRET, wait_until
from tests.histories import history
from tests.processes import Service, cbw, running
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Where the row of each sample is to be seen.
SEEN_IN = {
    **{each.name: f"select count(*) from {each.fact_table}" for each in EVENT_TYPES},
    "test": "select count(*) from events where status = 'test'",
}
FACTS = (
    "fct_sales",
    "fct_sale_lines",
    "fct_refunds",
    "fct_chargebacks",
    "fct_orders",
    "fct_threshold_alerts",
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running("serve", tmp_path_factory.mktemp("whole") / "data") as started:
        wait_until((started.data_dir / "warehouse.duckdb").exists)
        for event_type in SEEN_IN:
            send(started, "--type", event_type)
        yield started


def query(service: Service, sql: str) -> list[tuple[Any, ...]]:
    """Ask as any client would: a plain read-only connection to the file behind the link."""
    path = (service.data_dir / "warehouse.duckdb").resolve()
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def send(service: Service, *arguments: object) -> dict[str, Any]:
    done = cbw("send", *arguments, "--json", cwd=service.data_dir.parent, port=service.port)
    assert (done.code, done.json["failed"]) == (0, 0), done.err
    sent: dict[str, Any] = done.json
    return sent


def wait_until_loaded(data_dir: Path, deliveries: int) -> None:
    wait_until((data_dir / "warehouse.duckdb").exists)
    with Warehouse(data_dir / "warehouse.duckdb") as reader:
        wait_until(
            lambda: reader.rows("select coalesce(sum(delivery_count), 0) from events") == [(deliveries,)]
        )


def test_every_sample_has_a_place_to_be_seen() -> None:
    assert set(SEEN_IN) == set(event_types())


@pytest.mark.parametrize("event_type", SEEN_IN)
def test_a_sample_becomes_a_row_that_a_plain_client_reads_while_the_service_runs(
    service: Service, event_type: str
) -> None:
    wait_until(lambda: query(service, SEEN_IN[event_type]) > [(0,)])


def test_the_refund_of_a_sale_finds_it_and_changes_its_order(service: Service) -> None:
    send(service, "--type", "sale.created", "--receipt", "WHOLE001")
    send(service, "--type", "refund.processed", "--receipt", "WHOLE001")
    of_it = "where receipt = 'WHOLE001'"
    wait_until(lambda: query(service, f"select is_orphan from fct_refunds {of_it}") == [(False,)])
    [(refunds, state)] = query(service, f"select refund_count, state from fct_orders {of_it}")
    assert refunds == 1
    assert state in {"refunded", "partially_refunded"}


def test_nothing_unsigned_comes_in(service: Service) -> None:
    before = service.from_now()
    wrong = sign(b"another-secret-that-is-wrong", b"{}")
    assert [service.post(b"{}", signature=signature).status for signature in (wrong, "0" * 64, "none")] == [
        401
    ] * 3
    assert before.bodies() == []


def test_status_adds_up_while_the_service_runs(service: Service) -> None:
    wait_until(lambda: status(service)["waiting"] == 0)
    found = status(service)
    assert found["problems"] == []
    assert (found["receiver_running"], found["pipeline_running"]) == (True, True)
    totals = found["totals"]
    assert totals["deliveries"] == sum(inbox["tip"] for inbox in found["inboxes"])
    assert totals["deliveries"] == totals["events"] + totals["repeats"]
    assert totals["events"] == sum(row["events"] for row in found["events"])
    assert found["published_version"] == found["runs"][0]["published_version"]


def status(service: Service) -> dict[str, Any]:
    done = cbw("status", "--json", cwd=service.data_dir.parent, port=service.port)
    found: dict[str, Any] = done.json
    assert done.code == (1 if found["problems"] else 0)
    return found


@pytest.mark.long
def test_deliveries_that_come_twice_and_a_restart_change_no_fact(tmp_path: Path) -> None:
    bodies = [body for body in history(60, 20) if b"\n" not in body and body.strip() == body]
    lines = tmp_path / "events.jsonl"
    lines.write_bytes(b"\n".join(bodies) + b"\n")
    data_dir = tmp_path / "data"
    with running("serve", data_dir) as first:
        send(first, "--file", lines)
        wait_until_loaded(data_dir, len(bodies))
        facts, counts = facts_of(data_dir), deliveries_of(data_dir)
        send(first, "--file", lines)
        wait_until_loaded(data_dir, 2 * len(bodies))
        assert facts_of(data_dir) == facts
        assert deliveries_of(data_dir) == {key: 2 * count for key, count in counts.items()}
        assert first.stop() == 0
    with running("serve", data_dir) as second:
        wait_until(lambda: status(second)["pipeline_running"])
        assert facts_of(data_dir) == facts
        send(second, "--type", "sale.created", "--receipt", "AFTER001")
        wait_until_loaded(data_dir, 2 * len(bodies) + 1)
        assert set(facts["fct_sales"]) < set(facts_of(data_dir)["fct_sales"])
        assert second.stop() == 0


def facts_of(data_dir: Path) -> dict[str, list[str]]:
    """Return every row of every fact as text, in one order."""
    with Warehouse(data_dir / "warehouse.duckdb") as reader:
        return {
            table: sorted(json.dumps(row, default=str) for row in reader.rows(f"select * from {table}"))
            for table in FACTS
        }


def deliveries_of(data_dir: Path) -> dict[str, int]:
    with Warehouse(data_dir / "warehouse.duckdb") as reader:
        return dict(reader.rows("select event_key, delivery_count from events"))


def test_no_secret_and_no_customer_is_in_the_log(service: Service) -> None:
    log = service.log()
    assert "pipeline.run" in log
    assert SECRET.decode() not in log
    assert "ada@example.com" not in log
    assert "Ada Example" not in log


def test_a_signal_ends_both_halves(tmp_path: Path) -> None:
    with running("serve", tmp_path / "data") as started:
        wait_until(lambda: started.half("receive") is not None and started.half("pipeline") is not None)
        halves = [started.half("receive"), started.half("pipeline")]
        assert started.stop() == 0
        assert not any(pid is not None and os.path.exists(f"/proc/{pid}") for pid in halves)  # noqa: PTH110
