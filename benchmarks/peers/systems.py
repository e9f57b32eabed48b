"""The systems under test: each stores bodies, brings its tables up to date, and has its database."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import duckdb
import pandas as pd

from benchmarks.peers import same_models
from benchmarks.peers.environment import Environment
from benchmarks.peers.running import Running
from cbw.settings import load_settings
from ingest.inbox.delivery import NewDelivery
from ingest.inbox.writer import InboxWriter
from transforms.pipeline.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Iterable

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BATCH = 10_000
# DuckDB's memory limit for every system: the product's default is 1 GB, the peers' is most of the machine.
MEMORY = "4GB"
FIRST_BATCH_AT = datetime(2025, 1, 1, tzinfo=UTC)


class Ours:
    """The product: an inbox file, and ``cbw refresh`` or a pipeline that stays."""

    name: ClassVar[str] = "ours"
    schema: ClassVar[str] = "main"
    version: ClassVar[str] = (
        f"clickbank-warehouse=={version('clickbank-warehouse')} duckdb=={duckdb.__version__}"
    )

    def __init__(self, directory: Path) -> None:
        self.data_dir = directory / self.name.replace(" ", "_")
        (self.data_dir / "inbox").mkdir(parents=True)
        self._inbox = InboxWriter(self.data_dir / "inbox" / "inbox-0.sqlite")
        self._pipeline: Pipeline | None = None

    @property
    def database(self) -> Path:
        """The published file."""
        return self.data_dir / "warehouse.duckdb"

    def take_in(self, bodies: Iterable[bytes]) -> None:
        """Store bodies in the inbox, as the receiver does."""
        batch = [NewDelivery.now(body, "current", content_type=None, peer=None) for body in bodies]
        for start in range(0, len(batch), BATCH):
            self._inbox.commit(batch[start : start + BATCH])

    def refresh_cold(self) -> float:
        """Return the seconds of one refresh by a command, from process start to exit."""
        settings = {"CBW_DATA_DIR": str(self.data_dir), "CBW_MEMORY_LIMIT": MEMORY}
        return _seconds([sys.executable, *self._command()], settings, cwd=ROOT)

    def refresh_running(self) -> float:
        """Return the seconds of one run in a pipeline that stays open: load, refresh, check, publish."""
        if self._pipeline is None:
            self._pipeline = self._open()
            self._pipeline.run("benchmark")
        started = time.perf_counter()
        run = self._pipeline.run("benchmark")
        seconds = time.perf_counter() - started
        if run.status not in {"published", "unchanged"}:
            raise RuntimeError(f"our run {run.status}: {run.detail}")
        return seconds

    def close(self) -> None:
        """Close the files."""
        self._inbox.close()
        if self._pipeline is not None:
            self._pipeline.close()

    def _command(self) -> list[str]:
        return ["-m", "cbw", "refresh"]

    def _open(self) -> Pipeline:
        return Pipeline(load_settings(data_dir=self.data_dir, memory_limit=MEMORY))


class SameModels(Ours):
    """The product's engine on the models that the peers build; like the peers, it checks nothing."""

    name = "same models"

    def _command(self) -> list[str]:
        return ["-m", same_models.__name__, str(self.data_dir)]

    def _open(self) -> Pipeline:
        return same_models.open_pipeline(load_settings(data_dir=self.data_dir, memory_limit=MEMORY))


class Peer(ABC):
    """Another tool, which reads the bodies from a table of its own DuckDB file.

    The time of loading them there does not count; ours counts, as part of its refresh.
    """

    name: ClassVar[str]
    requirements: ClassVar[tuple[str, ...]]
    schema: ClassVar[str] = "main"

    def __init__(self, directory: Path, environments: Path) -> None:
        self.database = directory / f"{self.name}.duckdb"
        self.work = directory / self.name
        self.work.mkdir(parents=True)
        self.environment = Environment(environments, self.name, self.requirements)
        self.environment.make()
        self.version = " ".join(self.requirements)
        self.batches = 0
        self._sequence = 0
        self._running: Running | None = None
        with duckdb.connect(self.database) as connection:
            connection.execute("create schema raw")
            connection.execute(
                "create table raw.raw_events"
                " (sequence bigint, received_at timestamptz, body_sha256 varchar, body varchar)"
            )

    def take_in(self, bodies: Iterable[bytes]) -> None:
        """Append bodies to the peer's raw table."""
        self.batches += 1
        texts = [body.decode() for body in bodies]
        frame = pd.DataFrame(
            {
                "sequence": range(self._sequence + 1, self._sequence + len(texts) + 1),
                "received_at": pd.Timestamp(self.received_at),
                "body_sha256": [hashlib.sha256(text.encode()).hexdigest() for text in texts],
                "body": texts,
            }
        )
        self._sequence += len(texts)
        if self._running is None:
            with duckdb.connect(self.database) as connection:
                connection.register("arriving", frame)
                connection.execute("insert into raw.raw_events select * from arriving")
        else:  # DuckDB locks the file for the process that has it open
            path = self.work / "arriving.parquet"
            duckdb.sql("select * from frame").write_parquet(str(path))
            self._running.ask(f"append {path}")

    @property
    def received_at(self) -> datetime:
        """When the last batch was received: ten invented minutes after the previous one."""
        return FIRST_BATCH_AT + self.batches * timedelta(minutes=10)

    def refresh_cold(self) -> float:
        """Return the seconds of one run of the tool, from process start to exit."""
        return _seconds(self._command(), self._environ, cwd=self.work)

    def refresh_running(self) -> float:
        """Return the seconds of one run in a process of the tool that stays."""
        if self._running is None:
            self._running = Running(self._running_command(), self._environ, self.work / "running.txt")
            self._running.ask(self._line())
        return self._running.ask(self._line())

    def close(self) -> None:
        """End the process that stays, if there is one."""
        if self._running is not None:
            self._running.close()

    @property
    def _environ(self) -> dict[str, str]:
        return {"PEER_DATABASE": str(self.database), "PEER_MEMORY": MEMORY}

    @abstractmethod
    def _command(self) -> list[str]:
        """Return the command of one run."""

    @abstractmethod
    def _running_command(self) -> list[str]:
        """Return the command that starts a process that stays."""

    def _line(self) -> str:
        """Return the line that asks that process for a run."""
        return "run"


class Dbt(Peer):
    """dbt with its DuckDB adapter: careful incremental models with delete and insert by the affected key."""

    name = "dbt"
    requirements = ("dbt-core==1.11.16", "dbt-duckdb==1.11.1", "duckdb==1.5.6")
    project = HERE / "dbt"

    def _command(self) -> list[str]:
        return [str(self.environment.bin / "dbt"), *self._arguments()]

    def _running_command(self) -> list[str]:
        return [str(self.environment.bin / "python"), str(self.project / "running.py"), *self._arguments()]

    def _arguments(self) -> list[str]:
        return [
            "--quiet", "run", "--project-dir", str(self.project), "--profiles-dir", str(self.project),
            "--target-path", str(self.work), "--log-path", str(self.work),
        ]  # fmt: skip


class SqlMesh(Peer):
    """SQLMesh with incremental models by unique key, which read the events received since the last run.

    SQLMesh runs by intervals of at least five minutes, so that each batch has an interval of its own.
    """

    name = "sqlmesh"
    requirements = ("sqlmesh[duckdb]==0.236.4", "duckdb==1.5.6")
    schema = "peer"
    project = HERE / "sqlmesh"

    def _command(self) -> list[str]:
        job = "plan" if self.batches == 1 else "run"
        return [str(self.environment.bin / "python"), str(self.project / "run.py"), self._until, job]

    def _running_command(self) -> list[str]:
        return [str(self.environment.bin / "python"), str(self.project / "running.py")]

    def _line(self) -> str:
        return f"run {self._until}"

    @property
    def _until(self) -> str:
        return (self.received_at + timedelta(minutes=5)).isoformat()

    @property
    def _environ(self) -> dict[str, str]:
        return {**super()._environ, "PEER_STATE": str(self.work / "state.duckdb")}


PEERS: dict[str, type[Peer]] = {peer.name: peer for peer in (Dbt, SqlMesh)}


def _seconds(command: list[str], environ: dict[str, str], cwd: Path) -> float:
    started = time.perf_counter()
    done = subprocess.run(
        command, env={**os.environ, **environ}, capture_output=True, text=True, cwd=cwd, check=False
    )
    seconds = time.perf_counter() - started
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return seconds
