"""The loggers of what short commands do: structlog is imported with the first line that is written, if there is one.

Its import takes as long as DuckDB's. See `cbw.logs` for how lines look.
"""

from __future__ import annotations

import logging
import sys

_is_waiting = False


class Logger:
    """Writes what a module has to say, one line an event.

    Args:
        name: The module's.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def info(self, event: str, **facts: object) -> None:
        """Write what happened."""
        self._write("info", logging.INFO, event, facts)

    def warning(self, event: str, **facts: object) -> None:
        """Write what somebody should know of."""
        self._write("warning", logging.WARNING, event, facts)

    def error(self, event: str, **facts: object) -> None:
        """Write what somebody should do something about."""
        self._write("error", logging.ERROR, event, facts)

    def exception(self, event: str, **facts: object) -> None:
        """Write an error with the exception that is being handled."""
        self._write("exception", logging.ERROR, event, facts)

    def _write(self, method: str, level: int, event: str, facts: dict[str, object]) -> None:
        if _is_waiting:
            if level < logging.ERROR:
                return
            _set_up()
        import structlog  # noqa: PLC0415 - see above

        getattr(structlog.get_logger(self._name), method)(event, **facts)


class _FirstRecord(logging.Handler):
    """Sets the log up for a library's first line."""

    def emit(self, record: logging.LogRecord) -> None:
        _set_up()
        logging.getLogger().handle(record)


def write_errors_only() -> None:
    """Do what ``configure_logging(level="error")`` does, but not before there is an error."""
    global _is_waiting  # noqa: PLW0603 - a process has one log
    if "structlog" in sys.modules:  # nothing is gained by waiting
        _set_up()
        return
    _is_waiting = True
    root = logging.getLogger()
    root.handlers[:] = [_FirstRecord()]
    root.setLevel(logging.ERROR)


def _set_up() -> None:
    from cbw.logs import configure_logging  # noqa: PLC0415

    global _is_waiting  # noqa: PLW0603
    _is_waiting = False
    configure_logging(level="error")
