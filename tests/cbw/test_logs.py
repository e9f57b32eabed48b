"""The log: one line per event, nothing private in it, and never a reason for a request to fail."""

from __future__ import annotations

import errno
import io
import json
import logging
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import structlog

from cbw.logs import configure_logging

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _restore_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def test_each_event_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(as_json=True)
    structlog.get_logger().info("webhook.request", code=401, path="a\nb\x1b[31m")
    logging.getLogger("some.library").warning("a word of %s", "theirs")
    ours, theirs = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (ours["event"], ours["code"], ours["level"]) == ("webhook.request", 401, "info")
    assert (theirs["event"], theirs["logger"]) == ("a word of theirs", "some.library")


def test_lines_below_the_level_are_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(level="warning", as_json=True)
    structlog.get_logger().info("quiet")
    logging.getLogger("some.library").info("quiet")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("as_json", [True, False])
def test_a_traceback_shows_no_local_variables(capsys: pytest.CaptureFixture[str], *, as_json: bool) -> None:
    configure_logging(as_json=as_json)
    private = "ada" + "@example.com"
    try:
        _fail_with(private)
    except RuntimeError:
        structlog.get_logger().exception("webhook.unexpected")
    written = capsys.readouterr().err
    assert "RuntimeError" in written
    assert private not in written


def test_a_log_that_cannot_be_written_fails_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk often holds the log as well as the inbox."""
    configure_logging(as_json=True)
    monkeypatch.setattr(sys, "stderr", _OnAFullDisk())
    structlog.get_logger().error("inbox.commit_failed")


class _OnAFullDisk(io.StringIO):
    def flush(self) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


def _fail_with(local: str) -> None:
    raise RuntimeError(len(local))


RUN = """
import logging, sys
from cbw.logs import Logger, write_errors_only
write_errors_only()
log = Logger("a.module")
log.info("quiet")
log.warning("quiet")
logging.getLogger("some.library").warning("quiet")
assert "structlog" not in sys.modules
{line}
log.warning("quiet")
"""


@pytest.mark.parametrize(
    "line", ['log.error("told", event_key=7)', 'logging.getLogger("some.library").error("told")']
)
def test_a_command_sets_its_log_up_with_the_first_error(line: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN.format(line=line)], capture_output=True, text=True, check=True
    )
    [written] = [json.loads(each) for each in done.stderr.splitlines()]
    assert (written["event"], written["level"]) == ("told", "error")
