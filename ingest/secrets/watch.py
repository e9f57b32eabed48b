"""Takes changed secrets into use while the receiver serves: no restart, no request lost.

Each worker looks at the secret files once a second. SIGHUP asks for the same at once, and for a file whose change
cannot be seen from outside. Environment variables are fixed for the life of a process, so only files can change.
"""

from __future__ import annotations

import time
from multiprocessing.sharedctypes import RawValue
from typing import TYPE_CHECKING, NoReturn

from cbw.errors import ConfigurationError
from cbw.logs import Logger
from ingest.secrets.keyring import Keyring, load_secrets

if TYPE_CHECKING:
    from pathlib import Path

    from cbw.settings import Settings

LOOK_SECONDS = 1.0

log = Logger(__name__)


class ReloadRequests:
    """Counts in memory shared by the main process and its workers how often the operator asked for a reload.

    A signal sent on to a worker could meet one that has just been forked and would die of it.
    """

    def __init__(self) -> None:
        self._count = RawValue("L", 0)

    def ask(self, *_: object) -> None:
        """Ask every worker to read its secrets again; serves as a signal handler."""
        self._count.value += 1

    @property
    def count(self) -> int:
        """How often it was asked."""
        return int(self._count.value)


class SecretWatch:
    """Keeps one worker's keyring like its files.

    Files that are wrong are refused with a line in the log, and the secrets in force stay.

    Args:
        keyring: What requests are verified with.
        settings: Where the secrets are configured.
        requests: The operator's wishes.
    """

    def __init__(self, keyring: Keyring, settings: Settings, requests: ReloadRequests) -> None:
        self._keyring = keyring
        self._settings = settings
        self._requests = requests
        self._paths = [
            path for path in (settings.webhook_secret_file, settings.webhook_secrets_file) if path is not None
        ]
        self._answered = requests.count
        self._seen = self._loaded = self._marks()
        self._reload()

    def run(self) -> NoReturn:
        """Look for ever; this is the watching thread."""
        while True:
            time.sleep(LOOK_SECONDS)
            self.look()

    def look(self) -> None:
        """Read the secrets again if that was asked for, or if a file has changed and then stayed as it is.

        A file that still changes from one look to the next may be half written, and half a secret is a secret too.
        """
        asked, marks = self._requests.count, self._marks()
        is_settled_change = marks == self._seen != self._loaded
        self._seen = marks
        if asked != self._answered or is_settled_change:
            self._answered, self._loaded = asked, marks
            self._reload()

    def _reload(self) -> None:
        try:
            secrets = load_secrets(self._settings)
        except ConfigurationError as exc:
            log.error("receiver.secrets_refused", error=str(exc), kept=self._keyring.ids)  # noqa: TRY400 - no traceback: the operator's file is at fault
            return
        self._keyring.secrets = secrets
        log.info("receiver.secrets_loaded", ids=self._keyring.ids)

    def _marks(self) -> list[tuple[int, ...] | None]:
        return [_mark(path) for path in self._paths]


def _mark(path: Path) -> tuple[int, ...] | None:
    """Return what differs after a file was written or replaced; None while there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
