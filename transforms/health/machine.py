"""Examine the machine: a directory of our own, space, the clock, the ports."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
import time
from typing import TYPE_CHECKING

import urllib3

from cbw.addresses import free_address
from cbw.data_dir import RECEIVER_LOCK
from cbw.errors import ConfigurationError
from cbw.locks import is_held
from ingest.inbox.sources import Sources
from ingest.receiver.readiness import MIN_FREE_BYTES
from transforms.health.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbw.settings import Settings

LITTLE_SPACE = 1024**3
FEW_FILES = 1_000
STRANGERS = 0o007
# adjtimex(2): the kernel's clock is not synchronised.
TIME_ERROR = 5
SIZE_OF_TIMEX = 208
SECONDS_AHEAD = 60
ANSWER_SECONDS = 5
OK = 200
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - an operator may have set it; nothing is bound here


def directory(settings: Settings) -> Iterator[Finding]:
    """Examine the data directory: ours, writable, closed to other users."""
    part, path = "data directory", settings.data_dir.resolve()
    if not path.exists():
        yield Finding.warning(part, f"{path} is not there yet", "`cbw serve` makes it")
        return
    status = path.stat()
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        yield Finding.problem(
            part, f"{path} cannot be written by this user", f"chown it, or run as uid {status.st_uid}"
        )
    elif status.st_uid != os.geteuid():
        yield Finding.warning(
            part,
            f"{path} belongs to uid {status.st_uid}, not to us",
            "run cbw as the user that owns the data",
        )
    elif status.st_mode & STRANGERS:
        yield Finding.warning(
            part, f"{path} is open to every user, and holds customers' data", f"chmod -R o-rwx {path}"
        )
    else:
        yield Finding.ok(part, f"{path} is ours and writable")


def space(settings: Settings) -> Iterator[Finding]:
    """Examine the disk that holds the data directory."""
    path = next(
        place
        for place in (settings.data_dir.resolve(), *settings.data_dir.resolve().parents)
        if place.exists()
    )
    free, files = shutil.disk_usage(path).free, os.statvfs(path)
    says = f"{free / 1024**3:,.1f} GiB free"
    if free < MIN_FREE_BYTES:
        yield Finding.problem(
            "disk space", f"{says}: webhooks are refused", "make room, or move the data directory"
        )
    elif files.f_files and files.f_favail < FEW_FILES:
        yield Finding.problem(
            "disk space", "the file system has no room for more files", "delete files, not bytes"
        )
    elif free < LITTLE_SPACE:
        yield Finding.warning("disk space", says, "make room before it is full")
    else:
        yield Finding.ok("disk space", says)


def clock(settings: Settings) -> Iterator[Finding]:
    """Examine the clock. It orders no events, but expiry, freshness and TLS depend on it."""
    ahead = _latest_received(settings) - time.time()
    if ahead > SECONDS_AHEAD:
        yield Finding.warning(
            "clock",
            f"it was set back: the latest delivery is {ahead:,.0f} s in the future",
            "check the time of this machine",
        )
    elif _is_unsynchronised():
        yield Finding.warning(
            "clock", "no time service keeps it right", "enable one: systemd-timesyncd, chrony or the host's"
        )
    else:
        yield Finding.ok("clock", "it runs forward")


def ports(settings: Settings) -> Iterator[Finding]:
    """Examine the ports of the receiver and the admin listener: answering, or free."""
    is_running = is_held(settings.data_dir / RECEIVER_LOCK)
    yield _port("receiver", settings.host, settings.port, "/readyz", is_running=is_running)
    is_running = _answer(settings.admin_host, settings.admin_port, "/healthz") == (OK, b"OK")
    yield _port("admin listener", settings.admin_host, settings.admin_port, "/healthz", is_running=is_running)


def _port(part: str, host: str, port: int, path: str, *, is_running: bool) -> Finding:
    if is_running:
        status, body = _answer(host, port, path)
        if status == OK:
            return Finding.ok(part, f"it answers on {host} port {port}")
        says = (
            f"it answers {status}: {body.decode(errors='replace')[:500]}" if status else "it does not answer"
        )
        return Finding.problem(
            part, f"{host} port {port}: {says}", "see its log; CBW_HOST and CBW_PORT must be as it runs"
        )
    try:
        free_address(host, port)
    except ConfigurationError as exc:
        return Finding.problem(part, exc.message, "stop what listens there, or choose another port")
    return Finding.warning(
        part, f"it is not running; {host} port {port} is free", "start it with `cbw serve`"
    )


def _answer(host: str, port: int, path: str) -> tuple[int, bytes]:
    """Return status and body; status 0 without an answer."""
    url = f"http://{ANY_ADDRESS.get(host, host)}:{port}{path}"
    try:
        answer = urllib3.request("GET", url, retries=False, timeout=ANSWER_SECONDS)
    except urllib3.exceptions.HTTPError:
        return 0, b""
    return answer.status, answer.data


def _latest_received(settings: Settings) -> float:
    latest = [0.0]
    with Sources(settings.inbox_dir).opened() as inboxes:
        for inbox in inboxes:
            received_at = inbox.first_received_after(inbox.tip() - 1)
            latest += [] if received_at is None else [received_at / 1_000_000]
    return max(latest)


def _is_unsynchronised() -> bool:
    """Ask the Linux kernel; on other systems the answer is unknown, and False."""
    if sys.platform != "linux":
        return False
    return int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(SIZE_OF_TIMEX))) == TIME_ERROR
