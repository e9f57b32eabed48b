"""History files: event bodies in JSONL (plain or gzip) or Parquet, read one by one, however large the file is."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, NamedTuple, Protocol

import duckdb

from cbw.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The largest body that CBW_MAX_BODY_BYTES can allow over HTTP. A longer line is a file of another kind.
MAX_LINE_BYTES = 64 * 1024 * 1024
# Some editors write it before the first line; it belongs to the file, as line ends do.
UTF8_MARK = b"\xef\xbb\xbf"
PARQUET_ROWS = 1024
EVENTS_ID = "import"

_GZIP_MAGIC = b"\x1f\x8b"
_PARQUET_MAGIC = b"PAR1"
_BODY_AS_BLOB = {"BLOB": "body", "VARCHAR": "encode(body)"}
_TIME_TYPES = {"TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"}


class PastEvent(NamedTuple):
    """One event of a history file."""

    body: bytes
    received_at: int | None
    """Microseconds since the epoch, UTC; None when the file does not record it."""
    secret_id: str = EVENTS_ID
    """The id of deliveries that nobody signed; an export's begins with its kind."""


class HistoryFile(Protocol):
    """A file of past events."""

    @property
    def name(self) -> str:
        """Its name for the operator."""

    @property
    def fraction(self) -> float:
        """The share of the file that is read, from 0 to 1."""

    def events(self) -> Iterator[PastEvent]:
        """Yield the events in the file's order.

        Raises:
            ConfigurationError: The file is damaged.
        """


def open_history(path: Path, name: str = "") -> HistoryFile:
    """Open a history file; its first bytes decide its kind, never its name.

    Args:
        path: The file.
        name: Its name in errors, if that is not its path.

    Raises:
        ConfigurationError: The file cannot be read, or it is Parquet without a ``body`` column.
    """
    try:
        with path.open("rb") as file:
            magic = file.read(len(_PARQUET_MAGIC))
        size = path.stat().st_size
    except OSError as exc:
        raise ConfigurationError(f"{path} cannot be read: {exc.strerror}") from exc
    name = name or str(path)
    if magic == _PARQUET_MAGIC:
        return ParquetHistory.from_file(path, name)
    return LinesHistory(path, name, size, is_gzipped=magic.startswith(_GZIP_MAGIC))


class LinesHistory:
    """JSONL: one line is one body, byte for byte, without its line end (LF or CRLF).

    A blank line is no event. Nothing here parses a line: the pipeline stores and quarantines a malformed one.
    """

    def __init__(self, path: Path, name: str, size: int, *, is_gzipped: bool) -> None:
        self.name = name
        self._path = path
        self._size = size
        self._is_gzipped = is_gzipped
        self._read_bytes = 0

    @property
    def fraction(self) -> float:
        """The share of the file that is read, from 0 to 1."""
        return min(self._read_bytes / self._size, 1.0) if self._size else 1.0

    def events(self) -> Iterator[PastEvent]:
        """Yield the lines that are not blank."""
        try:
            with self._path.open("rb") as file:
                lines: IO[bytes] = gzip.GzipFile(fileobj=file) if self._is_gzipped else file  # type: ignore[assignment]
                for number, line in enumerate(self._lines(lines), 1):
                    self._read_bytes = file.tell()
                    body = _without_end(line.removeprefix(UTF8_MARK) if number == 1 else line)
                    if body.strip():
                        yield PastEvent(body, None)
        except (OSError, EOFError, zlib.error) as exc:
            raise ConfigurationError(f"{self.name} is damaged: {exc}") from exc

    def _lines(self, lines: IO[bytes]) -> Iterator[bytes]:
        number = 0
        while line := lines.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(line) > MAX_LINE_BYTES:
                raise ConfigurationError(
                    f"{self.name}, line {number}: longer than {MAX_LINE_BYTES:,} bytes",
                    hint="each line must be one event body",
                )
            yield line


def _without_end(line: bytes) -> bytes:
    return line.removesuffix(b"\n").removesuffix(b"\r")


@dataclass
class ParquetHistory:
    """Parquet: one row is one event; ``body`` is a BLOB or text, ``received_at`` is optional.

    A NULL body is an empty one: every row is a delivery.
    """

    name: str
    path: Path
    rows: int
    columns: str
    _read_rows: int = 0

    @classmethod
    def from_file(cls, path: Path, name: str) -> ParquetHistory:
        """Read the file's columns.

        Raises:
            ConfigurationError: The file is not Parquet, or a column is missing or of the wrong type.
        """
        with duckdb.connect(":memory:") as connection:
            try:
                described = connection.execute(
                    "describe select * from read_parquet(?)", [str(path)]
                ).fetchall()
                counted = connection.execute(
                    "select num_rows from parquet_file_metadata(?)", [str(path)]
                ).fetchone()
            except duckdb.Error as exc:
                raise _damaged(name, exc) from exc
        assert counted is not None
        return cls(name, path, int(counted[0]), _columns(name, {row[0]: row[1] for row in described}))

    @property
    def fraction(self) -> float:
        """The share of the file that is read, from 0 to 1."""
        return self._read_rows / self.rows if self.rows else 1.0

    def events(self) -> Iterator[PastEvent]:
        """Yield the rows."""
        with duckdb.connect(":memory:") as connection:
            connection.execute("set threads = 1")  # a row group in memory at a time
            try:
                cursor = connection.execute(f"select {self.columns} from read_parquet(?)", [str(self.path)])
                while rows := cursor.fetchmany(PARQUET_ROWS):
                    self._read_rows += len(rows)
                    yield from (PastEvent(body, received_at) for body, received_at in rows)
            except duckdb.Error as exc:
                raise _damaged(self.name, exc) from exc


def _columns(name: str, types: dict[str, str]) -> str:
    body = _BODY_AS_BLOB.get(types.get("body", ""))
    if body is None:
        raise ConfigurationError(
            f"{name} must have a column body of type BLOB or VARCHAR; it has {_listed(types)}"
        )
    if "received_at" not in types:
        return f"coalesce({body}, ''::blob), null"
    if types["received_at"] not in _TIME_TYPES:
        raise ConfigurationError(f"{name}: received_at is {types['received_at']}, and must be a timestamp")
    return f"coalesce({body}, ''::blob), epoch_us(received_at)"


def _listed(types: dict[str, str]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in types.items())


def _damaged(name: str, error: duckdb.Error) -> ConfigurationError:
    return ConfigurationError(f"{name} is damaged: {str(error).splitlines()[0]}")
