"""Starts real receivers: a process of its own, a port of its own, a data directory that goes away."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from ingest.inbox.reader import Delivery, InboxReader, list_inboxes
from ingest.receiver.endpoints import COMMAND_CENTER
from ingest.secrets.signature import SIGNATURE_HEADER, sign
from tests.faults.shim import Shim, compiled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LAUNCHER = Path(__file__).with_name("launch_receiver.py")
SECRET = b"the-secret-that-the-tests-use"
PATIENCE = 150.0  # in seconds: only a hang takes so long, however busy the machine is


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """One running receiver."""

    process: subprocess.Popen[bytes]
    port: int
    data_dir: Path
    log_path: Path
    seen: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """The last delivery of each inbox before this test, where tests share a receiver."""
    logged: int = 0
    """The size of the log before this test."""

    def post(self, body: bytes, *, signature: str | None = None, path: str = COMMAND_CENTER.path) -> Answer:
        """Send one event, signed as the sender would unless another signature is given."""
        return self.request("POST", path, body, {SIGNATURE_HEADER: signature or sign(SECRET, body)})

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, headers or {})
            return read_answer(connection.getresponse())
        finally:
            connection.close()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def raw(self, *pieces: bytes) -> list[Answer]:
        """Write bytes as they are, and return every answer up to the end of the connection."""
        with self.connect() as connection:
            for piece in pieces:
                connection.sendall(piece)
            return read_answers(connection)

    def deliveries(self) -> list[Delivery]:
        """Return everything that this test had stored, inbox by inbox."""
        found: list[Delivery] = []
        for path in list_inboxes(self.data_dir / "inbox"):
            with InboxReader(path) as reader:
                found += reader.read_after(self.seen[path.name], 10**9, 10**12)
        return found

    def bodies(self) -> list[bytes]:
        return [delivery.body for delivery in self.deliveries()]

    def worker_pids(self) -> list[int]:
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def log(self) -> str:
        return self.log_path.read_bytes()[self.logged :].decode()

    def log_lines(self, event: str) -> list[dict[str, object]]:
        lines = [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == event]

    def from_now(self) -> Receiver:
        """Return the same receiver, without the deliveries and lines so far."""
        seen: dict[str, int] = defaultdict(int)
        for path in list_inboxes(self.data_dir / "inbox"):
            with InboxReader(path) as reader:
                seen[path.name] = reader.tip()
        return replace(self, seen=seen, logged=self.log_path.stat().st_size)

    def is_serving(self) -> bool:
        assert self.process.poll() is None, self.log()
        try:
            return self.request("GET", "/healthz").status == 200
        except OSError:
            return False

    def stop(self) -> int:
        """Stop it as an operator would, and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """Kill the main process, and wait until its workers have followed it."""
        workers = self.worker_pids() if self.process.poll() is None else []
        self.process.kill()
        self.process.wait(PATIENCE)
        wait_until(lambda: not any(is_running(pid) for pid in workers))


class StartReceiver(Protocol):
    def __call__(
        self,
        *,
        options: dict[str, object] | None = None,
        data_dir: Path | None = None,
        variables: dict[str, str] | None = None,
        **settings: object,
    ) -> Receiver: ...


class Launcher:
    """Launches receivers in a directory, and stops every one of them in the end."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._launched: list[Receiver] = []

    def launch(
        self,
        *,
        options: dict[str, object] | None = None,
        data_dir: Path | None = None,
        variables: dict[str, str] | None = None,
        **settings: object,
    ) -> Receiver:
        """Launch one without waiting for it; a setting of None is left out, variables are passed on as they are."""
        where = {"data_dir": data_dir or self._directory / "data", "port": free_port()}
        values = {"webhook_secret": SECRET.decode(), **where, **settings}
        environ = {f"CBW_{name.upper()}": str(value) for name, value in values.items() if value is not None}
        log_path = self._directory / f"receiver-{len(self._launched)}.log"
        with log_path.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, str(LAUNCHER), json.dumps(options or {})],
                env={"PATH": os.environ["PATH"], **environ, **(variables or {})},
                cwd=self._directory, stdout=log, stderr=log,
            )  # fmt: skip
        receiver = Receiver(process, int(str(values["port"])), Path(str(values["data_dir"])), log_path)
        self._launched.append(receiver)
        return receiver

    def start(
        self,
        *,
        options: dict[str, object] | None = None,
        data_dir: Path | None = None,
        variables: dict[str, str] | None = None,
        **settings: object,
    ) -> Receiver:
        """Launch one and return it when it serves."""
        receiver = self.launch(options=options, data_dir=data_dir, variables=variables, **settings)
        wait_until(receiver.is_serving)
        return receiver

    def stop_all(self) -> None:
        for receiver in self._launched:
            if receiver.process.poll() is None:
                receiver.kill()


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[Launcher]:
    launcher = Launcher(tmp_path)
    yield launcher
    launcher.stop_all()


@pytest.fixture(scope="session")
def shim_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("shim"))


@pytest.fixture
def shim(shim_library: Path, tmp_path: Path) -> Shim:
    """The shim for the inbox of ``tmp_path / "data"``, which it makes."""
    inbox_dir = tmp_path / "data" / "inbox"
    inbox_dir.mkdir(parents=True)
    return Shim(shim_library, inbox_dir, tmp_path / "journal")


@pytest.fixture
def launch(launcher: Launcher) -> StartReceiver:
    """Launch receivers without waiting for them."""
    return launcher.launch


@pytest.fixture
def start_receiver(launcher: Launcher) -> StartReceiver:
    """Start receivers of the test's own, each serving when it is returned."""
    return launcher.start


@pytest.fixture(scope="module")
def _shared_receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    launcher = Launcher(tmp_path_factory.mktemp("shared"))
    yield launcher.start()
    launcher.stop_all()


@pytest.fixture
def receiver(_shared_receiver: Receiver) -> Receiver:
    """A receiver that the tests of a module share; each sees only its own deliveries and lines."""
    return _shared_receiver.from_now()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_running(pid: int) -> bool:
    """Return whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until(condition: Callable[[], bool]) -> None:
    """Ask until it holds, less and less often: some questions keep a core busy that the answer needs."""
    started = time.monotonic()
    while not condition():
        waited = time.monotonic() - started
        assert waited < PATIENCE, "the condition never held"
        time.sleep(min(max(waited / 10, 0.02), 0.3))


def read_answers(connection: socket.socket) -> list[Answer]:
    """Return the answers on a connection up to its end."""
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    answers = []
    while received:
        head, _, received = received.partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        length = int(headers.get("content-length", 0))
        answers.append(Answer(int(status_line.split()[1]), headers, received[:length]))
        received = received[length:]
    return answers


def read_answer(response: HTTPResponse) -> Answer:
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, headers, response.read())
