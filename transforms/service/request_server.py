"""The pipeline's end of the conversation with commands (see `transforms.service.requests`)."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cbw.errors import CbwError, ConfigurationError, WarehouseError
from cbw.logs import Logger
from transforms.service.requests import KINDS, socket_path

if TYPE_CHECKING:
    from pathlib import Path

    from cbw.terminal import Progress

# A request is a line that a command of ours writes at once.
LONGEST_REQUEST = 1 << 20
PATIENCE_SECONDS = 5.0
# The server notices within this time that it must stop.
POLL_SECONDS = 0.1

Perform = Callable[[str, dict[str, Any], "Progress"], Any]

log = Logger(__name__)


class RequestServer(socketserver.ThreadingUnixStreamServer):
    """Takes requests, each in a thread of its own, and passes them on.

    Args:
        data_dir: The pipeline's data directory; the caller holds its files, so a dead process left any socket there.
        perform: Does an action when its turn has come, and returns its value.

    Raises:
        ConfigurationError: The directory of the socket belongs to other users as well.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, data_dir: Path, perform: Perform) -> None:
        self.perform = perform
        self._path = socket_path(data_dir)
        _make_private(self._path.parent, data_dir)
        self._path.unlink(missing_ok=True)
        super().__init__(str(self._path), _Conversation)

    def server_bind(self) -> None:
        """Bind the socket and make it the owner's; nobody can connect before it listens."""
        super().server_bind()
        self._path.chmod(0o600)

    def start(self) -> None:
        """Start to listen, in a thread."""
        threading.Thread(
            target=self.serve_forever, args=(POLL_SECONDS,), name="requests", daemon=True
        ).start()

    def stop(self) -> None:
        """Take no more requests."""
        self.shutdown()
        self.server_close()
        self._path.unlink(missing_ok=True)


def _make_private(directory: Path, data_dir: Path) -> None:
    if directory == data_dir.resolve():
        return
    directory.mkdir(mode=0o700, exist_ok=True)
    status = directory.stat()
    if status.st_uid != data_dir.stat().st_uid or status.st_mode & 0o077:
        raise ConfigurationError(
            f"{directory} is not this user's alone, so nobody may listen there",
            hint="remove it, or choose a shorter CBW_DATA_DIR",
        )


class _Conversation(socketserver.StreamRequestHandler):
    """One request and its answer."""

    server: RequestServer
    timeout = PATIENCE_SECONDS
    is_gone = False

    def handle(self) -> None:
        try:
            request = self._read()
        except (OSError, ValueError, KeyError, TypeError) as exc:
            log.warning("request.unreadable", detail=f"{type(exc).__name__}: {exc}")
            return
        self._say(self._answer(*request))

    def _read(self) -> tuple[str, dict[str, Any]]:
        request = json.loads(self.rfile.readline(LONGEST_REQUEST))
        return request["action"], request["arguments"]

    def _answer(self, action: str, arguments: dict[str, Any]) -> dict[str, Any]:
        try:
            return {"result": self.server.perform(action, arguments, self._progress)}
        except CbwError as exc:
            return _error(exc)
        except Exception as exc:  # a defect in one request must not leave its command without an answer
            log.exception("request.failed", action=action)
            return _error(WarehouseError(f"the pipeline failed at it: {type(exc).__name__}: {exc}"))

    def _progress(self, text: str, done: int, total: int) -> None:
        self._say({"progress": [text, done, total]})

    def _say(self, message: dict[str, Any]) -> None:
        # A command that ended, or does not read, wants no answer; its action is done all the same.
        if self.is_gone:
            return
        try:
            self.wfile.write(json.dumps(message).encode() + b"\n")
        except OSError:
            self.is_gone = True


def _error(exc: CbwError) -> dict[str, Any]:
    kind = next(cls.__name__ for cls in type(exc).__mro__ if cls.__name__ in KINDS)
    return {"error": {"kind": kind, "message": exc.message, "hint": exc.hint}}
