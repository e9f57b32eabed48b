"""``cbw admin`` as it is deployed: next to the two halves, and harmless to both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ingest.metrics.reject_ledger import refused_since
from ingest.send.samples import sample
from tests.e2e.conftest import free_port, wait_until
from tests.processes import Service, cbw, running

if TYPE_CHECKING:
    from pathlib import Path

FAIRLY_RANDOM = "a-token-that-only-tests-know"
EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - the test is about it


def total(service: Service, name: str, **labels: str) -> float:
    """Return the sum of a metric's samples that carry these labels."""
    text = service.admin("/metrics").body.decode()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return sum(
        sample.value for sample in samples if sample.name == name and labels.items() <= sample.labels.items()
    )


def test_figures_of_all_workers_are_exact_and_survive_a_restart(tmp_path: Path) -> None:
    for run in (1, 2):
        with running("serve", tmp_path / "data", workers=2, name=f"run-{run}") as service:
            for _ in range(20):
                assert service.post(sample("sale.created")).status == 200
                assert service.post(b"{}", signature="0" * 64).status == 401
            expect_figures(service, 20 * run)
            assert service.stop() == 0


def expect_figures(service: Service, each: int) -> None:
    wait_until(lambda: total(service, "cbw_webhook_requests_total", code="200") == each)
    wait_until(lambda: total(service, "cbw_webhook_requests_total", reason="mismatch") == each)
    assert total(service, "cbw_verified_total", secret_id="current") == each
    assert total(service, "cbw_webhook_ack_seconds_count") == each
    assert total(service, "cbw_inbox_batch_size_sum") == each
    assert total(service, "cbw_receiver_workers") == 2
    wait_until(lambda: total(service, "cbw_events_total", status="mapped") == each)


@pytest.mark.long
def test_killing_the_listener_hurts_nobody_and_it_comes_back(tmp_path: Path) -> None:
    with running("serve", tmp_path / "data") as service:
        halves = [service.half(name) for name in ("receive", "pipeline")]
        service.kill_half("admin")
        assert service.post(sample("sale.created")).status == 200
        wait_until(service.is_admin_serving)
        assert [service.half(name) for name in ("receive", "pipeline")] == halves


def test_it_runs_alone_on_an_empty_directory_and_ends_with_a_signal(tmp_path: Path) -> None:
    with running("admin", tmp_path / "data") as service:
        assert total(service, "cbw_receiver_workers") == 0
        assert not (tmp_path / "data").exists()  # it writes nothing
        assert service.stop() == 0


def test_strangers_need_the_token(tmp_path: Path) -> None:
    refused = cbw("admin", "--host", EVERY_ADDRESS, cwd=tmp_path, admin_port=free_port())
    assert refused.code == 2
    assert "CBW_ADMIN_TOKEN" in refused.err
    with running("admin", tmp_path / "data", admin_host=EVERY_ADDRESS, admin_token=FAIRLY_RANDOM) as service:
        assert service.admin("/metrics").status == 401
        assert service.admin("/metrics", Authorization=f"Bearer {FAIRLY_RANDOM}").status == 200
        assert FAIRLY_RANDOM not in service.log()


def test_serve_names_a_taken_admin_port_before_anything_starts(tmp_path: Path) -> None:
    with running("admin", tmp_path / "data") as service:
        done = cbw("serve", cwd=tmp_path, port=free_port(), admin_port=service.admin_port)
    assert done.code == 2
    assert f"CBW_ADMIN_PORT={service.admin_port + 1}" in done.err
    assert "supervisor.started" not in done.err


def test_a_forged_flood_leaves_a_bounded_ledger_and_no_body(tmp_path: Path) -> None:
    with running("receive", tmp_path / "data") as service:
        for _ in range(60):
            service.post(b"forged-" + b"\x00" * 50, signature="0" * 64)
        service.request("GET", "/elsewhere")
        assert service.stop() == 0
        found = {row.reason: row.requests for row in refused_since(service.data_dir, 0)}
        kept = b"".join(path.read_bytes() for path in service.data_dir.glob("rejects*"))
    # Rows are limited per second, and each says how many had none; those after the last row are only in the figures.
    assert set(found) == {"mismatch"}
    assert 20 <= found["mismatch"] <= 60
    assert b"forged-" not in kept
