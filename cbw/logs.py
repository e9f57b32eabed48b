"""How every process writes its log: one structured line per event, on standard error.

JSON unless a person watches the terminal. Libraries that log through the standard library (Granian, APScheduler,
Flask) are rendered the same way. The import of structlog takes as long as DuckDB's, so it waits for the first line:
most short commands write none.
"""

from __future__ import annotations

import contextlib
import logging
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from structlog.typing import Processor

_is_waiting = False
"""Whether the first error is to set the log up."""


class Logger:
    """Writes one line per event; the logger of every module.

    Args:
        name: The module's.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def debug(self, event: str, **facts: object) -> None:
        """Write an event of interest while somebody looks for a fault."""
        self._write(logging.DEBUG, event, facts)

    def info(self, event: str, **facts: object) -> None:
        """Write an event of the ordinary course."""
        self._write(logging.INFO, event, facts)

    def warning(self, event: str, **facts: object) -> None:
        """Write an event that the operator should know of."""
        self._write(logging.WARNING, event, facts)

    def error(self, event: str, **facts: object) -> None:
        """Write an event that the operator should act on."""
        self._write(logging.ERROR, event, facts)

    def exception(self, event: str, **facts: object) -> None:
        """Write an error with the exception that is being handled."""
        self._write(logging.ERROR, event, {"exc_info": True, **facts})

    def is_enabled_for(self, level: int) -> bool:
        """Tell whether a line of this level is written."""
        if _is_waiting:
            return level >= logging.ERROR
        import structlog

        return bool(structlog.get_logger(self._name).is_enabled_for(level))

    def _write(self, level: int, event: str, facts: dict[str, object]) -> None:
        if _is_waiting:
            if level < logging.ERROR:
                return
            configure_logging(level="error")
        import structlog

        structlog.get_logger(self._name).log(level, event, **facts)


class _StandardError:
    """Writes lines to the current standard error, and drops a line rather than fail.

    A full disk often holds the log as well as the inbox: a failure of the log must neither keep an event from
    being stored nor a sender from its answer.
    """

    def __init__(self, *_: object) -> None:
        pass

    def msg(self, line: str) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()

    debug = info = warning = error = critical = exception = msg


class _FirstRecord(logging.Handler):
    """Sets the log up when a library writes its first line."""

    def emit(self, record: logging.LogRecord) -> None:
        configure_logging(level="error")
        logging.getLogger().handle(record)


def write_errors_only() -> None:
    """Set the log up as ``configure_logging(level="error")`` does, but only when there is an error."""
    global _is_waiting  # noqa: PLW0603 - a process has one log
    if "structlog" in sys.modules:  # waiting gains nothing
        configure_logging(level="error")
        return
    _is_waiting = True
    _replace_handlers(_FirstRecord(), logging.ERROR)


def configure_logging(*, level: str = "info", as_json: bool | None = None) -> None:
    """Set up structlog and the standard library's root logger; calling it again replaces the set-up.

    Args:
        level: The lowest level that is written: ``debug``, ``info``, ``warning`` or ``error``.
        as_json: Whether lines are JSON; when None, JSON unless standard error is a terminal.
    """
    import structlog

    global _is_waiting  # noqa: PLW0603 - a process has one log
    _is_waiting = False
    rendering = _rendering(as_json=not sys.stderr.isatty() if as_json is None else as_json)
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*_facts(), *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=_StandardError,
        cache_logger_on_first_use=False,
    )
    _replace_handlers(_library_handler(rendering), number)


def _facts() -> list[Processor]:
    import structlog

    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _rendering(*, as_json: bool) -> list[Processor]:
    import structlog

    if as_json:
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    # The default traceback prints local variables, and a secret or a customer may be among them.
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]


def _library_handler(rendering: list[Processor]) -> logging.Handler:
    import structlog

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_facts(), structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    return handler


def _replace_handlers(handler: logging.Handler, level: int) -> None:
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
