"""``cbw demo``: the whole product on an invented history, over real HTTP."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import threading
import time
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import urllib3

from cbw.errors import CbwError, ConfigurationError
from cbw.locks import hold_data_dir
from cbw.logs import configure_logging
from cbw.place import Place
from cbw.settings import load_settings
from cbw.supervisor import Child, Supervisor
from cbw.terminal import console, progress, table
from ingest.receiver.endpoints import COMMAND_CENTER
from ingest.secrets.keyring import current_secret
from ingest.send.sender import Sender
from ingest.simulation.simulator import KINDS, simulate
from transforms.commands.asking import ask_showing_progress
from transforms.reading.examples import Example
from transforms.report import write_report
from transforms.store.runs import Run
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cbw.settings import Settings
    from ingest.send.sender import SendSummary
    from ingest.simulation.simulator import SimulatedEvent

MARKER = "demo.json"
START_SECONDS = 30.0
TRICKLE_SECONDS = 2.0

# The examples that the demo shows; each query works in any DuckDB client too.
HEADLINES = (
    "events_received",
    "sales_by_day",
    "refund_rate_30_days",
    "chargeback_rate_by_window",
    "latest_alerts",
    "sync_freshness_by_source",
)


def run_demo(
    self_command: Sequence[str],
    *,
    events: int,
    days: int,
    seed: int,
    data_dir: str,
    port: int | None,
    keep_running: bool,
) -> int:
    """Send a history through the real receiver, build the warehouse and show it.

    Args:
        self_command: How to start this program again, for the receiver's process.
        events: How many deliveries to send.
        days: How long a history.
        seed: Which one.
        data_dir: Where to put it; replaced when it holds an earlier demo.
        port: The receiver's port; None for a free one.
        keep_running: Leave it live, with new events, until interrupted.

    Returns:
        The exit code.

    Raises:
        ConfigurationError: The directory holds something that is no demo, or a demo that is running, or the port
            is taken.
    """
    configure_logging(level="error")
    started = time.monotonic()
    settings = _settings(_fresh(Path(data_dir)), port or _free_port())
    with progress() as bar:
        task = bar.add_task("inventing a history", total=None)
        history = simulate(events, days, seed)
        bar.update(task, total=1, completed=1)
    with _receiver(self_command, settings):
        summary = _send(settings, history)
    run = Run.from_json(ask_showing_progress(settings, "refresh", full=False))
    report = write_report(settings)
    _show(settings, history, summary, run, time.monotonic() - started)
    _say_where(settings, report)
    if keep_running:
        return _keep_running(self_command, settings, seed)
    return 0 if summary.failures == 0 and run.status == "published" else 1


def _fresh(data_dir: Path) -> Path:
    if data_dir.exists() and any(data_dir.iterdir()):
        if not (data_dir / MARKER).exists():
            raise ConfigurationError(
                f"{data_dir} holds something that is no demo", hint="name another directory with --data-dir"
            )
        os.close(hold_data_dir(load_settings(data_dir=data_dir)))  # nobody serves it
        shutil.rmtree(data_dir)
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ConfigurationError(
            f"{data_dir} cannot be made: {exc.strerror}", hint="choose another --data-dir"
        ) from exc
    (data_dir / MARKER).write_text(json.dumps({"made_by": "cbw demo"}), encoding="utf-8")
    return data_dir


def _settings(data_dir: Path, port: int) -> Settings:
    return load_settings(
        data_dir=data_dir,
        host="127.0.0.1",
        port=port,
        webhook_secret=secrets.token_hex(16).encode(),
        webhook_secret_file=None,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(settings: Settings) -> dict[str, str]:
    ours = {
        "CBW_WEBHOOK_SECRET": current_secret(settings).decode(),
        "CBW_DATA_DIR": str(settings.data_dir),
        "CBW_HOST": settings.host,
        "CBW_PORT": str(settings.port),
    }
    # The demo's receiver speaks HTTP to the demo alone, however the operator's own is set up.
    others = ("CBW_WEBHOOK_", "CBW_INS_", "CBW_TLS_", "CBW_ALLOWED_IPS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    return kept | ours


@contextmanager
def _receiver(self_command: Sequence[str], settings: Settings) -> Iterator[None]:
    log_path = settings.data_dir / "receiver.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [*self_command, "receive"],
            env=_environment(settings),
            stderr=log,
            stdout=log,
            start_new_session=True,
        )
        try:
            _wait_until_up(process, settings, log_path)
            yield
        finally:
            process.terminate()
            process.wait(timeout=15)


def _wait_until_up(process: subprocess.Popen[bytes], settings: Settings, log_path: Path) -> None:
    url = f"http://{settings.host}:{settings.port}/healthz"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            lines = log_path.read_text(encoding="utf-8").strip().splitlines()
            raise CbwError(f"the receiver did not start: {lines[-1] if lines else 'no output'}")
        try:
            if urllib3.request("GET", url, retries=False, timeout=1).status == 200:  # noqa: PLR2004 - OK
                return
        except urllib3.exceptions.HTTPError:
            time.sleep(0.05)
    raise CbwError(f"the receiver did not answer at {url}", hint=f"see {log_path}")


def _send(settings: Settings, history: Sequence[SimulatedEvent]) -> SendSummary:
    sender = Sender(_url(settings), current_secret(settings))
    with progress() as bar:
        task = bar.add_task("sending signed webhooks", total=len(history))
        return sender.send((event.body for event in history), on_sent=lambda _result: bar.advance(task))


def _url(settings: Settings) -> str:
    return f"http://{settings.host}:{settings.port}{COMMAND_CENTER.path}"


def _show(
    settings: Settings, history: Sequence[SimulatedEvent], summary: SendSummary, run: Run, seconds: float
) -> None:
    out = console()
    kinds = Counter(event.kind for event in history)
    out.print(
        table(
            "Events sent",
            ["kind", "events", "meaning"],
            [(kind, kinds[kind], KINDS[kind]) for kind in KINDS if kinds[kind]],
        )
    )
    with Warehouse(settings.warehouse_path) as warehouse:
        for name in HEADLINES:
            out.print(_example(warehouse, name))
    out.print(
        f"[bold]{summary.accepted:,} webhooks acknowledged[/] in {summary.seconds:.1f} s "
        f"({summary.accepted / max(summary.seconds, 1e-9):,.0f} a second, each fsynced), "
        f"warehouse built and checked in {run.seconds:.1f} s, {seconds:.1f} s in all."
    )


def _say_where(settings: Settings, report: Path) -> None:
    path, query = settings.warehouse_path, "select * from daily_sales order by report_date desc limit 20"
    lines = (
        f"[bold]The warehouse[/]      {path}",
        f"[bold]The report[/]         {report.resolve().as_uri()}",
        f'[bold]A query to try[/]     cbw query --data-dir {settings.data_dir} "{query}"',
        f'[bold]Any DuckDB client[/]  duckdb -readonly {path} "select * from metric_definitions"',
    )
    console().print("\n" + "\n".join(lines), soft_wrap=True)


def _example(warehouse: Warehouse, name: str) -> Any:
    example = Example.named(name)
    cursor = warehouse.execute(example.sql)
    names = [column[0] for column in cursor.description or []]
    return table(example.question, names, cursor.fetchall(), caption=example.remark)


def _keep_running(self_command: Sequence[str], settings: Settings, seed: int) -> int:
    supervisor = Supervisor(
        [Child("receive", [*self_command, "receive"]), Child("pipeline", [*self_command, "pipeline"])],
        _environment(settings),
        Place.at_start(settings.data_dir),
    )
    ended = threading.Event()
    trickle = threading.Thread(target=_trickle, args=(settings, seed, ended), daemon=True)
    trickle.start()
    click.echo(f"\nLive at {_url(settings)} with a new event every {TRICKLE_SECONDS:.0f} s. Ctrl-C ends it.")
    code = supervisor.run()
    ended.set()
    return code


def _trickle(settings: Settings, seed: int, ended: threading.Event) -> None:
    # The receiver needs a moment to start, and the sender outlasts it.
    sender = Sender(_url(settings), current_secret(settings), connections=1)
    number = 0
    while not ended.wait(TRICKLE_SECONDS):
        number += 1
        for event in simulate(200, 7, seed + number, datetime.now(tz=UTC))[-1:]:
            sender.send([event.body])
