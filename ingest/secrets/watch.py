"""Reloads changed secrets while the receiver serves, without a restart or a lost request.

Each worker polls the secret files once a second. SIGHUP forces a reload, also of a file whose metadata did not
change. Environment variables are fixed for the life of a process, so only files can change.
"""

from __future__ import annotations

import time
from multiprocessing.sharedctypes import RawValue
from typing import TYPE_CHECKING, NoReturn

from cbw.errors import ConfigurationError
from cbw.logs import Logger
from ingest.secrets.keyring import Keyring

if TYPE_CHECKING:
    from pathlib import Path

    from cbw.settings import Settings

POLL_SECONDS = 1.0

log = Logger(__name__)


class ReloadRequests:
    """Counts the operator's reload requests in memory that the main process shares with its workers.

    A forwarded signal would kill a worker that has just been forked and does not handle it yet.
    """

    def __init__(self) -> None:
        self._count = RawValue("L", 0)

    def ask(self, *_: object) -> None:
        """Ask every worker to read its secrets again; serves as a signal handler."""
        self._count.value += 1

    @property
    def count(self) -> int:
        """The number of requests."""
        return int(self._count.value)


class SecretWatch:
    """Keeps one worker's keyring equal to its files.

    It rejects wrong files with a line in the log, and the active secrets stay.

    Args:
        keyring: The secrets that requests are verified with.
        settings: The configuration of the secrets.
        requests: The operator's reload requests.
    """

    def __init__(self, keyring: Keyring, settings: Settings, requests: ReloadRequests) -> None:
        self._keyring = keyring
        self._settings = settings
        self._requests = requests
        self._paths = settings.secret_files
        self._answered = requests.count
        self._seen = self._loaded = self._versions()
        self._reload()

    def run(self) -> NoReturn:
        """Poll for ever, in a thread of its own."""
        while True:
            time.sleep(POLL_SECONDS)
            self.poll()

    def poll(self) -> None:
        """Reload the secrets on request, or when a file has changed since the last reload but not since the last poll.

        A file that changes between two polls may be half written, and half a secret is a valid secret too.
        """
        requested, versions = self._requests.count, self._versions()
        is_settled_change = versions == self._seen != self._loaded
        self._seen = versions
        if requested != self._answered or is_settled_change:
            self._answered, self._loaded = requested, versions
            self._reload()

    def _reload(self) -> None:
        try:
            changed = Keyring.from_settings(self._settings)
        except ConfigurationError as exc:
            log.error("receiver.secrets_refused", error=str(exc), kept=self._keyring.ids)  # noqa: TRY400 - no traceback: the operator's file is at fault
            return
        self._keyring.replace_with(changed)
        log.info("receiver.secrets_loaded", ids=self._keyring.ids)

    def _versions(self) -> list[tuple[int, ...] | None]:
        return [_version(path) for path in self._paths]


def _version(path: Path) -> tuple[int, ...] | None:
    """Return metadata that a write or a replacement changes; None without a file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
