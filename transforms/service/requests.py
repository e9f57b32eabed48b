"""Ask the running pipeline to do something, or do it here where none is running.

The private DuckDB files belong to one process. A command that needs them sends its request to that process over a Unix
domain socket; where no pipeline runs, it opens the files itself and does the same action (see `actions`).

The conversation is newline-delimited JSON, one request a connection::

    {"action": "refresh", "arguments": {"full": true}}                      the command
    {"progress": ["building fct_sales", 12, 44]}                             the pipeline, as often as it likes
    {"result": ...}                                                          the pipeline, at the end; or
    {"error": {"kind": "ConfigurationError", "message": "...", "hint": "..."}}

The socket is the owner's alone (mode 0600): a user who may use it may read and write the files as well.

Every wait has an end: a command gives up when another process holds the files and listens to nobody, and when the
pipeline neither answers nor touches its heartbeat any more.
"""

from __future__ import annotations

import hashlib
import json
import socket
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cbw.data_dir import PIPELINE_SOCKET
from cbw.errors import AlreadyServedError, CbwError, ConfigurationError, WarehouseError
from transforms.store.heartbeat import STALE_SECONDS, Heartbeat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbw.settings import Settings
    from cbw.terminal import Progress

# The shortest limit that systems put on the path of a socket (Linux 108, macOS 104), with its final zero byte.
LONGEST_PATH = 103
# Within this time a starting pipeline listens, and most commands that hold the files themselves have ended.
PATIENCE_SECONDS = 10.0
RETRY_SECONDS = 0.1
# No step of a build is silent for so long; a pipeline that touches its heartbeat may hang all the same.
MOST_SILENT_SECONDS = 3600.0
CHUNK_BYTES = 65_536
KINDS = {kind.__name__: kind for kind in (CbwError, ConfigurationError, AlreadyServedError, WarehouseError)}


def socket_path(data_dir: Path) -> Path:
    """Return where the pipeline of a data directory listens.

    That is in the directory, unless its path is too long for a socket's: then in a directory of its owner's own below
    the system's directory for temporary files.
    """
    resolved = data_dir.resolve()
    path = resolved / PIPELINE_SOCKET
    if len(str(path).encode()) <= LONGEST_PATH:
        return path
    name = hashlib.sha256(str(resolved).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"cbw-{resolved.stat().st_uid}" / f"{name}.sock"


def ask(
    settings: Settings,
    action: str,
    arguments: dict[str, Any] | None = None,
    progress: Progress | None = None,
    *,
    patience_seconds: float = PATIENCE_SECONDS,
    silence_seconds: float = STALE_SECONDS,
    most_silent_seconds: float = MOST_SILENT_SECONDS,
) -> Any:
    """Do an action, in the running pipeline or here, and return its value.

    Args:
        settings: The data directory. A running pipeline works by the settings it was started with.
        action: A name in `transforms.service.actions.ACTIONS`.
        arguments: Plain JSON values for it.
        progress: Called with the text of the step, the number of steps done, and of all steps.
        patience_seconds: How long to try again while a process holds the files and listens to nobody.
        silence_seconds: How long the pipeline may send nothing before its heartbeat must show that it lives.
        most_silent_seconds: How long it may send nothing at all.

    Raises:
        CbwError: The action's own error, of the same class.
        AlreadyServedError: A process holds the files and listens to nobody.
        WarehouseError: The pipeline ended before it answered, or hangs.
    """
    given, shown = arguments or {}, progress or _show_nothing
    deadline = time.monotonic() + patience_seconds
    while True:
        connection = _connect(settings.data_dir, silence_seconds)
        if connection is not None:
            request = json.dumps({"action": action, "arguments": given})
            with closing(connection):
                lines = _lines(connection, request, settings.data_dir, most_silent_seconds)
                return _converse(lines, shown)
        try:
            return _do_here(settings, action, given, shown)
        except AlreadyServedError:
            if time.monotonic() > deadline:
                raise
        time.sleep(RETRY_SECONDS)


def _do_here(settings: Settings, action: str, arguments: dict[str, Any], progress: Progress) -> Any:
    from transforms.service.actions import opened, perform  # noqa: PLC0415 - a pipeline that runs has DuckDB loaded already

    with opened(settings, action) as pipeline:
        return perform(pipeline, action, arguments, progress)


def _connect(data_dir: Path, silence_seconds: float) -> socket.socket | None:
    """Return a connection to the running pipeline; None when nobody listens."""
    if not data_dir.exists():
        return None
    path = socket_path(data_dir)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(silence_seconds)
    try:
        connection.connect(str(path))
    # Refused: a killed pipeline left its socket behind. Blocking: it hangs, and commands queue before it.
    except (FileNotFoundError, ConnectionRefusedError, BlockingIOError):
        connection.close()
        return None
    except PermissionError as exc:
        connection.close()
        raise ConfigurationError(
            f"the pipeline that runs on {data_dir} belongs to another user",
            hint="run the command as that user",
        ) from exc
    return connection


def _converse(lines: Iterator[bytes], progress: Progress) -> Any:
    for line in lines:
        message = json.loads(line)
        if "progress" in message:
            progress(*message["progress"])
        elif "error" in message:
            raise _error(**message["error"])
        else:
            return message["result"]
    raise WarehouseError(
        "the pipeline ended before it answered",
        hint="unfinished work is rolled back; `cbw status` shows whether it runs again, then repeat the command",
    )


def _lines(
    connection: socket.socket, request: str, data_dir: Path, most_silent_seconds: float
) -> Iterator[bytes]:
    """Send a request and yield every whole line of the answer."""
    rest = b""
    try:
        connection.sendall(request.encode() + b"\n")
        while chunk := _receive(connection, data_dir, most_silent_seconds):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from lines
    except (
        BrokenPipeError,
        ConnectionResetError,
    ):  # a killed pipeline: the same as an answer that ends early
        return


def _receive(connection: socket.socket, data_dir: Path, most_silent_seconds: float) -> bytes:
    deadline = time.monotonic() + most_silent_seconds
    while True:
        try:
            return connection.recv(CHUNK_BYTES)
        except TimeoutError as exc:  # a long step says nothing, and its process still touches the heartbeat
            beat = Heartbeat.read(data_dir)
            if beat is None or not beat.is_alive:
                raise WarehouseError(
                    f"the pipeline on {data_dir} hangs: it neither answers nor touches its heartbeat",
                    hint="restart it, then repeat the command",
                ) from exc
            if time.monotonic() > deadline:
                raise WarehouseError(
                    f"the pipeline on {data_dir} lives, and has said nothing for {most_silent_seconds:,.0f} s",
                    hint="its log says what it does; if it hangs, restart it, then repeat the command",
                ) from exc


def _error(kind: str, message: str, hint: str) -> CbwError:
    return KINDS[kind](message, hint=hint)


def _show_nothing(_text: str, _done: int, _total: int) -> None:
    """Stand in for a progress bar."""
