"""The data directory: the name of every file in it, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbw.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

# The identity of the directory, written when it is made.
DIRECTORY_ID = "data-dir.id"
# The receiver's files.
INBOXES = "inbox"
INBOX = "inbox-{}.sqlite"
INBOX_LOCK_SUFFIX = ".lock"
SET_ASIDE_MARK = ".corrupt-"
IMPORT_LOCK = "import.lock"
IMPORT_SOURCE = "import.source"
IMPORT_ROWS = "import.source.rows"
IMPORT_PARTIES = "import.source.parties"
IMPORT_HELD = "import.source.held"
UNFINISHED_IMPORT = "import.unfinished"
DISK_TRIAL = "trial.tmp"
RECEIVER_LOCK = "receiver.lock"
METRICS = "metrics"
REJECTS = "rejects.sqlite"
# The pipeline's private files.
PIPELINE_LOCK = "pipeline.lock"
EVENTS = "events.duckdb"
BUILD = "build.duckdb"
WORKING_COPY = "working.duckdb"
SPILL = "tmp"
# The pipeline's: its heartbeat, written while it runs, and the socket on which it takes requests of commands.
PIPELINE_BEAT = "pipeline.json"
PIPELINE_SOCKET = "pipeline.sock"
RECOVERIES = "recoveries.json"
# For readers.
PUBLISHED = "published"
WAREHOUSE = "warehouse.duckdb"
REPORTS = "reports"
# Sealed copies.
ARCHIVE = "archive"
# Written by the operator.
USER_ALIASES = "aliases.csv"
USER_LIMITS = "limits.csv"


def make_below(data_dir: Path, directory: Path) -> None:
    """Create a directory below the data directory where it is missing, but never the data directory itself.

    Raises:
        FileNotFoundError: The data directory was moved away.
        OSError: The directory cannot be created.
    """
    data_dir.stat()
    directory.mkdir(parents=True, exist_ok=True)


def make_data_dir(data_dir: Path) -> None:
    """Create the data directory where it is missing.

    Raises:
        ConfigurationError: It cannot be created.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ConfigurationError(
            f"CBW_DATA_DIR: {data_dir} cannot be made: {exc.strerror}",
            hint="name a directory that this user may write",
        ) from exc
