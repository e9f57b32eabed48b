"""How every process writes its log: one structured line per event, on standard error.

JSON unless a person watches the terminal. Libraries that log through the standard library
(Granian, APScheduler, Flask) are rendered the same way.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import time
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from structlog.typing import Processor

_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


class RateLimit:
    """Lets through so many of each kind a second, so that a flood of one kind cannot fill a disk.

    Args:
        per_second: How many of a kind.
    """

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._windows: dict[str, tuple[int, int, int]] = {}

    def admit(self, kind: str) -> int | None:
        """Return None when this one is over the rate, else how many of its kind were before it."""
        second = int(time.monotonic())
        window, admitted, suppressed = self._windows.get(kind, (second, 0, 0))
        if window != second:
            window, admitted = second, 0
        if admitted >= self._per_second:
            self._windows[kind] = (window, admitted, suppressed + 1)
            return None
        self._windows[kind] = (window, admitted + 1, 0)
        return suppressed


class _StandardError:
    """Writes lines to standard error as it is now, and loses a line rather than fail.

    A full disk often holds the log as well as the inbox; the log's failure must not keep an event from
    being stored, nor a sender from its answer.
    """

    def __init__(self, *_: object) -> None:
        pass

    def msg(self, line: str) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()

    debug = info = warning = error = critical = exception = msg


def configure_logging(*, level: str = "info", as_json: bool | None = None) -> None:
    """Set up structlog and the standard library's root logger; calling it again replaces the set-up.

    Args:
        level: The lowest level that is written: ``debug``, ``info``, ``warning`` or ``error``.
        as_json: Whether lines are JSON; when None, JSON unless standard error is a terminal.
    """
    if as_json is None:
        as_json = not sys.stderr.isatty()
    rendering = _rendering(as_json=as_json)
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*_SHARED, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=_StandardError,
        cache_logger_on_first_use=False,
    )
    _configure_standard_library(number, rendering)


def _rendering(*, as_json: bool) -> list[Processor]:
    if as_json:
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    # The default traceback prints local variables, and a secret or a customer may be among them.
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]


def _configure_standard_library(level: int, rendering: list[Processor]) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_SHARED, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
