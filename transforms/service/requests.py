"""Ask the running pipeline to do something, or do it here where none is running.

The private DuckDB files belong to one process. A command that needs them sends its request to that process over a Unix
domain socket; where no pipeline runs, it opens the files itself and does the same action (see `actions`).

The conversation is newline-delimited JSON, one request a connection::

    {"action": "refresh", "arguments": {"full": true}}                      the command
    {"progress": ["building fct_sales", 12, 44]}                             the pipeline, as often as it likes
    {"result": ...}                                                          the pipeline, at the end; or
    {"error": {"kind": "ConfigurationError", "message": "...", "hint": "..."}}

The socket is the owner's alone (mode 0600): whoever may use it may read and write the files as well.
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

from cbw.errors import AlreadyServedError, CbwError, ConfigurationError, WarehouseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbw.settings import Settings
    from cbw.terminal import Progress

SOCKET_NAME = "pipeline.sock"
# The shortest limit that systems put on the path of a socket (Linux 108, macOS 104), with its final zero byte.
LONGEST_PATH = 103
# A pipeline that starts, and most commands that hold the files themselves, are done within that time.
PATIENCE_SECONDS = 10.0
RETRY_SECONDS = 0.1
KINDS = {kind.__name__: kind for kind in (CbwError, ConfigurationError, AlreadyServedError, WarehouseError)}


def socket_path(data_dir: Path) -> Path:
    """Return where the pipeline of a data directory listens.

    That is in the directory, unless its path is too long for a socket's: then in a directory of its owner's own below
    the system's directory for temporary files.
    """
    resolved = data_dir.resolve()
    path = resolved / SOCKET_NAME
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
) -> Any:
    """Have an action done, by the running pipeline or here, and return its value.

    Args:
        settings: Whose pipeline. A running one works by the settings it was started with.
        action: A name in `transforms.service.actions.ACTIONS`.
        arguments: Plain JSON values for it.
        progress: Called with what is being done, how many steps are done, and of how many.
        patience_seconds: How long to try again while somebody holds the files and answers nobody.

    Raises:
        CbwError: What the action raised, of the same class.
        AlreadyServedError: A process holds the files and does not answer.
        WarehouseError: The pipeline ended before it answered.
    """
    given, shown = arguments or {}, progress or _show_nothing
    deadline = time.monotonic() + patience_seconds
    while True:
        connection = _connect(settings.data_dir)
        if connection is not None:
            with closing(connection):
                return _converse(connection, {"action": action, "arguments": given}, shown)
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


def _connect(data_dir: Path) -> socket.socket | None:
    """Return a connection to the running pipeline; None when nobody listens."""
    if not data_dir.exists():
        return None
    path = socket_path(data_dir)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(str(path))
    except (FileNotFoundError, ConnectionRefusedError):  # the second: it was killed and its socket is left
        connection.close()
        return None
    except PermissionError as exc:
        connection.close()
        raise ConfigurationError(
            f"the pipeline that runs on {data_dir} belongs to another user",
            hint="run the command as that user",
        ) from exc
    return connection


def _converse(connection: socket.socket, request: dict[str, Any], progress: Progress) -> Any:
    for line in _lines(connection, request):
        message = json.loads(line)
        if "progress" in message:
            progress(*message["progress"])
        elif "error" in message:
            raise _error(**message["error"])
        else:
            return message["result"]
    raise WarehouseError(
        "the pipeline ended before it answered",
        hint="what it had not finished is undone; `cbw status` tells whether it runs again, then repeat the command",
    )


def _lines(connection: socket.socket, request: dict[str, Any]) -> Iterator[str]:
    """Send a request and give every whole line of the answer."""
    try:
        connection.sendall(json.dumps(request).encode() + b"\n")
        with connection.makefile("r", encoding="utf-8") as answer:
            for line in answer:
                if line.endswith("\n"):
                    yield line
    except (BrokenPipeError, ConnectionResetError):  # it was killed: the same as an answer that ends early
        return


def _error(kind: str, message: str, hint: str) -> CbwError:
    return KINDS[kind](message, hint=hint)


def _show_nothing(_text: str, _done: int, _total: int) -> None:
    """Stand in for a progress bar."""
