"""Signs or encrypts bodies and posts them as a good sender does: several at once, and again after a 503.

A repeat is harmless to the receiver, so the sender retries every kind of failed connection, even one that broke after
the body was sent.
"""

from __future__ import annotations

import gzip
import time
import zlib
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

import urllib3
from urllib3.exceptions import HTTPError, InvalidHeader, LocationParseError
from urllib3.util import Url, parse_url

from cbw.errors import ConfigurationError
from ingest.send.seals import signed
from ingest.send.send_run import OK, SendResult, SendRun, SendSummary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from ingest.send.seals import Seal

__all__ = ["SendResult", "SendSummary", "Sender", "read_bodies"]

_UNAVAILABLE = 503
_TIMEOUT = urllib3.Timeout(connect=5, read=30)
_BACKOFF_SECONDS = 0.05
_MOST_BACKOFF_SECONDS = 2.0
_MOST_RETRY_AFTER_SECONDS = 30.0
_GZIP_MAGIC = b"\x1f\x8b"
_URL_HINT = "give the whole URL of the receiver, with http:// or https:// in front"


class Sender:
    """Posts proven bodies to one address over connections that stay open.

    Args:
        url: Of the endpoint; the sender follows no redirect.
        secret: The seal's.
        connections: The most concurrent bodies; with one, they arrive in order.
        retries: The most repeats of a body after a 503 or a failed connection. The default waits about
            13 seconds in all, which outlasts a restart of the receiver.
        seal: How a body is proven: signed, or encrypted for INS.

    Raises:
        ConfigurationError: The address is no http or https URL, or a number is out of range.
    """

    def __init__(
        self, url: str, secret: bytes, connections: int = 8, retries: int = 10, *, seal: Seal = signed
    ) -> None:
        if connections < 1 or retries < 0:
            raise ConfigurationError(f"cannot send over {connections} connections with {retries} retries")
        self._url = url
        self._target = _parsed(url).request_uri
        self._secret, self._seal = secret, seal
        self._connections = connections
        self._retries = retries

    def send(
        self,
        bodies: Iterable[bytes],
        rate: float | None = None,
        on_sent: Callable[[SendResult], None] | None = None,
    ) -> SendSummary:
        """Post every body; a worker takes the next one when its connection is free.

        Args:
            bodies: The exact bytes; the iterable may be endless or larger than memory.
            rate: The most bodies a second; None for as fast as the receiver answers.
            on_sent: Called once for each body, never twice at the same time.

        Raises:
            ConfigurationError: The address has not answered at all, or ``rate`` is not positive.
        """
        run = SendRun(bodies, rate, on_sent)
        with (
            urllib3.connection_from_url(self._url, maxsize=self._connections, timeout=_TIMEOUT) as pool,
            ThreadPoolExecutor(self._connections, thread_name_prefix="cbw-send") as threads,
        ):
            workers = [threads.submit(self._work, run, pool) for _ in range(self._connections)]
            try:
                done, _ = wait(workers, return_when=FIRST_EXCEPTION)
            finally:
                # Also when interrupted: the other workers stop after their current body.
                run.stopping.set()
        for worker in done:
            worker.result()
        return run.summary()

    def _work(self, run: SendRun, pool: urllib3.HTTPConnectionPool) -> None:
        while (turn := run.next_body()) is not None:
            result = self._deliver(*turn, run, pool)
            run.record(result)
            if result.status is None:
                self._give_up(run, result)

    def _deliver(
        self, number: int, body: bytes, run: SendRun, pool: urllib3.HTTPConnectionPool
    ) -> SendResult:
        started = time.monotonic()
        for attempt in range(1, self._retries + 2):
            status, reason, pause = self._post(body, attempt, pool)
            if status not in {None, _UNAVAILABLE} or attempt > self._retries or run.stopping.wait(pause):
                break
        return SendResult(number, status, attempt, time.monotonic() - started, reason)

    def _post(
        self, body: bytes, attempt: int, pool: urllib3.HTTPConnectionPool
    ) -> tuple[int | None, str, float]:
        """Post once, and return the status, the reason of a failure, and the seconds before the next try."""
        # The first repeat is immediate: most often the server has just closed a kept-open connection.
        backoff = min(_BACKOFF_SECONDS * 2**attempt, _MOST_BACKOFF_SECONDS) if attempt > 1 else 0.0
        headers, sent = self._seal(self._secret, body)
        try:
            response = pool.urlopen("POST", self._target, sent, headers, retries=False, redirect=False)
        except HTTPError as exc:
            return None, _why(exc), backoff
        reason = "" if response.status == OK else f"HTTP {response.status} {response.reason or ''}".rstrip()
        return response.status, reason, _retry_after(response, backoff)

    def _give_up(self, run: SendRun, result: SendResult) -> None:
        """Stop the run: an address that does not answer one body will not answer the rest."""
        if not run.has_answer:
            raise ConfigurationError(
                f"{self._url} does not answer: {result.reason}",
                hint="start the receiver with `cbw serve`, or name another address with --url",
            )
        run.stop(f"{self._url} no longer answers: {result.reason}")


def read_bodies(path: Path) -> Iterator[bytes]:
    """Yield each line of a file, gzipped or not, as a body without its newline; skip empty lines.

    Raises:
        ConfigurationError: The file cannot be opened, or its compression is damaged.
    """
    try:
        file = path.open("rb")
    except OSError as exc:
        raise ConfigurationError(f"{path} cannot be read: {exc.strerror}") from exc
    with file:
        is_gzipped = file.peek(len(_GZIP_MAGIC)).startswith(_GZIP_MAGIC)
        lines: Iterable[bytes] = gzip.GzipFile(fileobj=file) if is_gzipped else file
        try:
            yield from (body for line in lines if (body := line.removesuffix(b"\n")))
        except (OSError, EOFError, zlib.error) as exc:
            raise ConfigurationError(f"{path} is damaged: {exc}") from exc


def _parsed(url: str) -> Url:
    try:
        parsed = parse_url(url)
    except LocationParseError as exc:
        raise ConfigurationError(f"{url!r} is not a URL", hint=_URL_HINT) from exc
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise ConfigurationError(f"{url!r} is not an http or https URL", hint=_URL_HINT)
    return parsed


def _why(error: HTTPError) -> str:
    """Return the operating system's message, if any: it is shorter than urllib3's."""
    cause = error.__cause__
    return cause.strerror if isinstance(cause, OSError) and cause.strerror else str(error)


def _retry_after(response: urllib3.BaseHTTPResponse, backoff: float) -> float:
    """Return the seconds of Retry-After, up to a limit; otherwise the backoff."""
    try:
        asked = urllib3.Retry().get_retry_after(response)
    except InvalidHeader:
        return backoff
    return backoff if asked is None else min(asked, _MOST_RETRY_AFTER_SECONDS)
