"""Checks before the receiver serves: it can use every inbox, and may open enough files."""

from __future__ import annotations

import os
import resource
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from cbw.data_dir import INBOX, INBOX_LOCK_SUFFIX
from cbw.errors import ConfigurationError, InboxUnavailableError
from ingest.inbox.damage import is_damage
from ingest.inbox.file import open_for_reading, schema_version
from ingest.inbox.reader import list_inboxes

if TYPE_CHECKING:
    from cbw.settings import Settings


def refuse_unusable_inboxes(settings: Settings) -> None:
    """Check every inbox before a worker claims one: a worker could not report its failure to the operator.

    Raises:
        ConfigurationError: A newer release wrote one, or the directory cannot be written. A damaged one is
            accepted: a worker replaces it.
    """
    lock = (settings.inbox_dir / INBOX.format("00")).with_suffix(INBOX_LOCK_SUFFIX)
    try:
        os.close(os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as exc:
        raise ConfigurationError(
            f"CBW_DATA_DIR: {settings.inbox_dir} cannot be written: {exc.strerror}",
            hint="make it writable for this user",
        ) from exc
    for path in list_inboxes(settings.inbox_dir):
        try:
            with closing(open_for_reading(path)) as connection:
                schema_version(connection)
        except InboxUnavailableError as exc:
            raise ConfigurationError(f"{path}: {exc.message}", hint=exc.hint) from exc
        except sqlite3.DatabaseError as exc:
            if not is_damage(exc):
                raise


def allow_open_files(count: int) -> None:
    """Raise this process's soft limit of open files to ``count``, as far as the hard limit allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
