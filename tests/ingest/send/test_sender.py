"""The sender: exact bytes, a true signature, patience with a receiver that is away, then clear words."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import itertools
import socket
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from cbw.errors import ConfigurationError
from ingest.send.sender import Sender, SendResult, read_bodies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECRET = b"a-secret-of-the-tests"
Answer = tuple[int, dict[str, str]]
OK: Answer = (200, {})


class FarEnd(ThreadingHTTPServer):
    """A real HTTP server that keeps its requests and gives the answers of a test."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), FarEndRequest)
        self.answer: Callable[[int], Answer] = lambda _number: OK
        self.received: list[tuple[bytes, str]] = []
        self.paths: list[str] = []
        self.times: list[float] = []
        self.peers: set[tuple[str, int]] = set()
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/webhooks/clickbank"


class FarEndRequest(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FarEnd

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            self.server.received.append((body, self.headers["X-Webhook-Signature"]))
            self.server.paths.append(self.path)
            self.server.times.append(time.monotonic())
            self.server.peers.add(self.client_address)
            status, headers = self.server.answer(len(self.server.received))
        self.send_response(status)
        for name, value in {"Content-Length": "0", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Keep quiet."""


@pytest.fixture
def far_end() -> Iterator[FarEnd]:
    yield from serving(FarEnd())


def serving(server: FarEnd) -> Iterator[FarEnd]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_every_body_arrives_exactly_once_with_its_exact_bytes_and_signature(far_end: FarEnd) -> None:
    bodies = [b'{"amount": 1.00, "n": %d}\r' % number for number in range(200)] + [b"", b"\xff\x00", b"\n"]
    summary = Sender(far_end.url, SECRET).send(bodies)
    assert Counter(body for body, _ in far_end.received) == Counter(bodies)
    for body, signature in far_end.received:
        assert signature == hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    assert (summary.statuses, summary.accepted, summary.failures) == ({200: 203}, 203, 0)
    assert (summary.retried, summary.failed, summary.stopped) == (0, (), "")


def test_the_path_and_the_query_of_the_address_are_kept(far_end: FarEnd) -> None:
    Sender(f"{far_end.url}?account=one", SECRET).send([b"{}"])
    assert far_end.paths == ["/webhooks/clickbank?account=one"]


def test_connections_stay_open_and_are_as_many_as_asked_for(far_end: FarEnd) -> None:
    Sender(far_end.url, SECRET, connections=3).send(b"{}" for _ in range(100))
    assert len(far_end.peers) <= 3


def test_one_connection_sends_in_order(far_end: FarEnd) -> None:
    bodies = [b"%d" % number for number in range(50)]
    Sender(far_end.url, SECRET, connections=1).send(bodies)
    assert [body for body, _ in far_end.received] == bodies


def test_bodies_are_taken_only_when_a_connection_is_free(far_end: FarEnd) -> None:
    ahead = []
    taken = itertools.count(1)

    def bodies() -> Iterator[bytes]:
        for _ in range(60):
            ahead.append(next(taken) - len(far_end.received))
            yield b"{}"

    Sender(far_end.url, SECRET, connections=4).send(bodies())
    assert max(ahead) <= 4


def test_a_503_is_retried_when_the_receiver_says(far_end: FarEnd) -> None:
    far_end.answer = lambda number: (503, {"Retry-After": "1"}) if number == 1 else OK
    summary = Sender(far_end.url, SECRET, connections=1).send([b"{}"])
    assert (summary.statuses, summary.retried) == ({200: 1}, 1)
    first, second = far_end.times
    assert second - first >= 0.9


@pytest.mark.parametrize("retry_after", [{}, {"Retry-After": "soon"}, {"Retry-After": "-1"}])
def test_a_503_without_a_usable_time_is_retried_soon(far_end: FarEnd, retry_after: dict[str, str]) -> None:
    far_end.answer = lambda number: (503, retry_after) if number <= 2 else OK
    assert Sender(far_end.url, SECRET).send([b"{}"]).statuses == {200: 1}


def test_a_503_that_stays_is_a_failure_of_that_body_alone(far_end: FarEnd) -> None:
    far_end.answer = lambda number: (503, {}) if number <= 3 else OK
    summary = Sender(far_end.url, SECRET, connections=1, retries=2).send([b"first", b"second"])
    assert summary.statuses == {200: 1, 503: 1}
    (failure,) = summary.failed
    assert (failure.number, failure.status, failure.attempts) == (1, 503, 3)
    assert failure.reason.startswith("HTTP 503")


@pytest.mark.parametrize("status", [400, 401, 404, 413, 500])
def test_any_other_answer_is_final(far_end: FarEnd, status: int) -> None:
    far_end.answer = lambda _number: (status, {})
    summary = Sender(far_end.url, SECRET).send([b"{}"])
    assert (summary.statuses, summary.retried, summary.failures) == ({status: 1}, 0, 1)


def test_a_redirect_is_not_followed(far_end: FarEnd) -> None:
    far_end.answer = lambda _number: (307, {"Location": far_end.url})
    assert Sender(far_end.url, SECRET).send([b"{}"]).statuses == {307: 1}
    assert len(far_end.received) == 1


def test_only_the_first_hundred_failures_are_kept(far_end: FarEnd) -> None:
    far_end.answer = lambda _number: (401, {})
    summary = Sender(far_end.url, SECRET).send(b"{}" for _ in range(130))
    assert (summary.failures, len(summary.failed)) == (130, 100)


def test_a_receiver_that_comes_up_late_still_gets_everything() -> None:
    port = free_port()
    late = threading.Event()

    def start() -> None:
        late.wait(0.7)
        far_ends.append(FarEnd(port))
        far_ends[0].serve_forever(0.02)

    far_ends: list[FarEnd] = []
    thread = threading.Thread(target=start)
    thread.start()
    summary = Sender(f"http://127.0.0.1:{port}/", SECRET).send([b"1", b"2", b"3"])
    far_ends[0].shutdown()
    thread.join()
    far_ends[0].server_close()
    assert summary.statuses == {200: 3}
    assert summary.retried >= 3


def test_an_address_that_never_answers_is_named_with_a_remedy() -> None:
    url = f"http://127.0.0.1:{free_port()}/webhooks/clickbank"
    with pytest.raises(ConfigurationError) as raised:
        Sender(url, SECRET, retries=1).send([b"{}"] * 100)
    assert raised.value.message == f"{url} does not answer: Connection refused"
    assert "cbw serve" in raised.value.hint


def test_a_receiver_that_goes_away_for_good_ends_the_run_with_its_results() -> None:
    servers = serving(FarEnd())
    server = next(servers)
    server.answer = lambda _number: (200, {"Connection": "close"})

    def bodies() -> Iterator[bytes]:
        yield b"answered"
        assert next(servers, None) is None
        yield from itertools.repeat(b"unheard")

    summary = Sender(server.url, SECRET, connections=1, retries=1).send(bodies())
    assert summary.statuses == {0: 1, 200: 1}
    assert summary.stopped == f"{server.url} no longer answers: Connection refused"
    assert summary.failed[0].reason == "Connection refused"


def test_a_rate_is_not_exceeded(far_end: FarEnd) -> None:
    Sender(far_end.url, SECRET).send([b"{}"] * 11, rate=20)
    assert far_end.times[-1] - far_end.times[0] >= 0.45


def test_the_caller_hears_of_every_body_once(far_end: FarEnd) -> None:
    results: list[SendResult] = []
    Sender(far_end.url, SECRET).send([b"{}"] * 40, on_sent=results.append)
    assert sorted(result.number for result in results) == list(range(1, 41))
    assert all(result.status == 200 and result.attempts == 1 and not result.reason for result in results)


def test_an_error_of_the_callers_ends_the_run_and_reaches_the_caller(far_end: FarEnd) -> None:
    def bodies() -> Iterator[bytes]:
        yield b"{}"
        raise LookupError

    with pytest.raises(LookupError):
        Sender(far_end.url, SECRET).send(bodies())


@pytest.mark.parametrize("url", ["", "localhost", "ftp://example.com/", "http://", "http://[::1/"])
def test_an_address_that_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a"):
        Sender(url, SECRET)


@pytest.mark.parametrize(("connections", "retries"), [(0, 1), (1, -1)])
def test_numbers_that_make_no_sense_are_refused(connections: int, retries: int) -> None:
    with pytest.raises(ConfigurationError):
        Sender("http://127.0.0.1:1/", SECRET, connections, retries)


@pytest.mark.parametrize("rate", [0, -1])
def test_a_rate_that_makes_no_sense_is_refused(far_end: FarEnd, rate: float) -> None:
    with pytest.raises(ConfigurationError):
        Sender(far_end.url, SECRET).send([b"{}"], rate=rate)


def test_a_file_is_read_line_by_line_and_verbatim(tmp_path: Path) -> None:
    lines = [b'{"a": 1.00}\r', b" spaced ", b"\xff\xfe", b"{}"]
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"\n".join(lines) + b"\n\n")
    assert list(read_bodies(path)) == lines


def test_a_last_line_needs_no_newline(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"1\n2")
    assert list(read_bodies(path)) == [b"1", b"2"]


def test_a_gzipped_file_is_known_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(gzip.compress(b"1\n2\n"))
    assert list(read_bodies(path)) == [b"1", b"2"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file"):
        next(read_bodies(tmp_path / "none.jsonl"))


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl.gz"
    path.write_bytes(gzip.compress(b"1\n" * 5000)[:-12])
    with pytest.raises(ConfigurationError, match="damaged"):
        list(read_bodies(path))
