"""The framing that HTTP allows and forbids, over a real socket to a real receiver process."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from ingest.secrets.signature import sign
from tests.e2e.conftest import SECRET, Answer, Receiver, StartReceiver, read_answers, wait_until
from tests.e2e.wire import BODY, SIGNATURE, TARGET, chunked, post

if TYPE_CHECKING:
    import socket

CHUNKED = b"Transfer-Encoding: chunked\r\n"
SIGNED = b"X-Webhook-Signature: %b\r\n" % SIGNATURE
LENGTH = b"Content-Length: %d\r\n" % len(BODY)


def final(answers: list[Answer]) -> list[int]:
    return [answer.status for answer in answers if answer.status >= 200]


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(
            post(chunked(BODY), signature=SIGNED, framing=b"transfer-encoding: \tChunked \r\n"), id="case"
        ),
        pytest.param(
            post(b"%x;a=b\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY), signature=SIGNED, framing=CHUNKED),
            id="a chunk extension",
        ),
        pytest.param(post(framing=LENGTH * 2), id="the same length twice"),
        pytest.param(
            post(signature=SIGNED.replace(b": ", b": \t ").replace(b"\r", b" \t\r")), id="white space around"
        ),
        pytest.param(post(signature=SIGNED.lower()), id="a lower-case name"),
        pytest.param(post(headers=b"X-Other: \xff\xe9\r\n"), id="another header that is not ASCII"),
        pytest.param(
            post(headers=b"X_Other: 1\r\nX-Webhook-Signatures: 2\r\n"), id="names that are almost ours"
        ),
        pytest.param(post(headers=b"Expect: nonsense\r\n"), id="an expectation that nobody knows"),
        pytest.param(post(headers=b"Upgrade: h2c\r\n"), id="an upgrade that is not taken"),
        pytest.param(post(target=b"http://localhost" + TARGET), id="an absolute target, as proxies send"),
        pytest.param(
            post().replace(b"HTTP/1.1", b"HTTP/1.0").replace(b"Host: localhost\r\n", b""), id="HTTP/1.0"
        ),
        pytest.param(b"\r\n" + post(), id="an empty line before"),
    ],
)
def test_a_request_that_http_allows_is_accepted(receiver: Receiver, request_bytes: bytes) -> None:
    assert final(receiver.raw(request_bytes)) == [200]
    assert receiver.bodies() == [BODY]


def test_no_length_and_no_coding_is_an_empty_body(receiver: Receiver) -> None:
    assert final(receiver.raw(post(b"", framing=b""))) == [200]
    assert receiver.bodies() == [b""]


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(post().replace(b"Host: localhost", b"Host:"), id="an empty host"),
        pytest.param(post(framing=b"Content-Length: 5, 5\r\n"), id="two lengths in one"),
        pytest.param(post(framing=b"Content-Length: -1\r\n"), id="a negative length"),
        pytest.param(post(framing=b"Content-Length: 0x10\r\n"), id="a length in hex"),
        pytest.param(post(framing=b"Content-Length:\r\n"), id="an empty length"),
        pytest.param(post(framing=b"Content-Length: 99999999999999999999\r\n"), id="a length over 64 bits"),
        pytest.param(post(framing=b"Content-Length: 9223372036854775807\r\n"), id="a length of 63 bits"),
        pytest.param(post(framing=b"Transfer-Encoding: identity\r\n" + LENGTH), id="identity"),
        pytest.param(post(framing=b"Transfer-Encoding:\r\n" + LENGTH), id="an empty coding"),
        pytest.param(post(chunked(BODY), framing=b"Transfer-Encoding: xchunked\r\n"), id="xchunked"),
        pytest.param(
            post(chunked(BODY), framing=b"Transfer-Encoding: chunked, chunked\r\n"), id="chunked twice"
        ),
        pytest.param(post(chunked(BODY), framing=CHUNKED * 2), id="two codings"),
        pytest.param(
            post(chunked(BODY), framing=CHUNKED).replace(b"HTTP/1.1", b"HTTP/1.0"), id="chunked in HTTP/1.0"
        ),
        pytest.param(post(b"F" * 17 + b"\r\nhello\r\n", framing=CHUNKED), id="a chunk over 64 bits"),
        pytest.param(post(b"-5\r\nhello\r\n0\r\n\r\n", framing=CHUNKED), id="a negative chunk"),
        pytest.param(post(b"5\nhello\n0\n\n", framing=CHUNKED), id="chunks without returns"),
        pytest.param(post(b"5\r\nhello0\r\n\r\n", framing=CHUNKED), id="a chunk that runs on"),
        pytest.param(post(headers=b"X-A: a\0b\r\n"), id="a NUL in a header"),
        pytest.param(post(headers=b"X-A: a\rb\r\n"), id="a return in a header"),
        pytest.param(post(headers=b"X-\xe9: a\r\n"), id="a name that is not ASCII"),
        pytest.param(post(headers=b"no colon\r\n"), id="no colon"),
        pytest.param(post(headers=b": a\r\n"), id="no name"),
        pytest.param(post(target=b"webhooks/clickbank"), id="a target without a slash"),
        pytest.param(post(target=b"/webhooks/\xff"), id="a target that is not ASCII"),
        pytest.param(post(target=b"/webhooks/ clickbank"), id="a target with a space"),
        pytest.param(post().replace(b"HTTP/1.1", b"HTTP/1.2"), id="another version"),
        pytest.param(post().replace(b"HTTP/1.1", b"http/1.1"), id="a version in lower case"),
        pytest.param(b"GET /healthz\r\n\r\n", id="no version"),
    ],
)
def test_a_request_that_http_forbids_is_400_and_the_connection_ends(
    receiver: Receiver, request_bytes: bytes
) -> None:
    # A second request on the same connection must not be taken for one: nobody knows where it starts.
    answers = receiver.raw(request_bytes.replace(b"Connection: close\r\n", b"") + post(b"smuggled"))
    assert final(answers) == [400]
    assert receiver.bodies() == []


@pytest.mark.parametrize(
    "framing",
    [b"Content-Length: 5\r\n" + CHUNKED, CHUNKED + b"Content-Length: 5\r\n"],
    ids=["length first", "last"],
)
def test_a_length_with_chunks_is_never_two_requests(receiver: Receiver, framing: bytes) -> None:
    """RFC 9112 lets a server take the chunks and close; later bytes on the connection are not a request."""
    request = post(chunked(BODY), signature=SIGNED, framing=framing, close=False)
    assert final(receiver.raw(request + post(b"smuggled"))) in ([200], [400])
    assert receiver.bodies() in ([BODY], [])


def test_a_signature_behind_the_body_does_not_count(receiver: Receiver) -> None:
    trailer = b"5\r\nhello\r\n0\r\nX-Webhook-Signature: %b\r\n\r\n" % sign(SECRET, b"hello").encode()
    request = post(trailer, signature=b"", framing=CHUNKED + b"Trailer: X-Webhook-Signature\r\n")
    assert final(receiver.raw(request)) == [401]


def test_a_sender_that_waits_for_100_gets_it_and_then_200(receiver: Receiver) -> None:
    with receiver.connect() as connection:
        connection.sendall(post(headers=b"Expect: 100-continue\r\n").removesuffix(BODY))
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(BODY)
        assert final(read_answers(connection)) == [200]


def test_a_sender_that_would_send_too_much_gets_413_instead_of_100(receiver: Receiver) -> None:
    head = post(b"", framing=b"Content-Length: 1048577\r\n", headers=b"Expect: 100-continue\r\n", close=False)
    assert [answer.status for answer in receiver.raw(head)] == [413]


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        (b"HEAD", TARGET, 405),
        (b"CONNECT", b"localhost:80", 404),
        (b"OPTIONS", b"*", 404),
        (b"POST", b"/healthz", 405),
        (b"POST", b"/readyz", 405),
        (b"get", b"/healthz", 405),
        (b"GET", b"/healthz/", 404),
        (b"GET", b"//healthz", 404),
        (b"POST", b"/webhooks/clickbank%2f", 404),
        (b"POST", b"/webhooks%2Fclickbank", 404),
        (b"POST", b"/%77ebhooks/clickbank", 404),
        (b"POST", b"/webhooks/clickbank%00", 404),
        (b"POST", b"/webhooks/../webhooks/clickbank", 404),
        (b"POST", b"/webhooks\\clickbank", 404),
        (b"POST", b"///webhooks/clickbank", 404),
        (b"GET", b"http://localhost/../etc/passwd", 404),
    ],
)
def test_other_methods_and_paths_are_refused_as_they_are_spelt(
    receiver: Receiver, method: bytes, target: bytes, status: int
) -> None:
    with receiver.connect() as connection:
        connection.sendall(post(b"", method=method, target=target))
        head = connection.recv(65536)
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"location:" not in head.lower()
    assert receiver.bodies() == []


def test_a_head_that_never_ends_is_cut_off_within_the_cap(receiver: Receiver) -> None:
    [answer] = receiver.raw(b"POST /webhooks/clickbank HTTP/1.1\r\nX-A: " + b"a" * 300_000)
    assert answer.status == 431


def test_a_good_event_passes_while_slow_heads_and_idle_connections_are_held_and_then_cut_off(
    receiver: Receiver,
) -> None:
    """A head that is late is not answered: the connection just ends, which HTTP allows and the web server does."""
    with ExitStack() as stack:
        slow = [stack.enter_context(receiver.connect()) for _ in range(30)]
        for number, connection in enumerate(slow):
            connection.sendall([b"", b"POST /webh", post()[:60]][number % 3])
        assert receiver.post(BODY).status == 200
        assert [_rest(connection) for connection in slow] == [b""] * 30
    assert receiver.bodies() == [BODY]


def test_a_head_that_drips_does_not_win_time_with_every_byte(receiver: Receiver) -> None:
    with receiver.connect() as connection:
        connection.settimeout(0.5)
        connection.sendall(b"POST /webhooks/clickbank HTTP/1.1\r\n")
        wait_until(lambda: not _still_takes(connection, b"X-A: b\r\n"))


def test_connections_over_the_cap_wait_for_their_turn_and_are_served(start_receiver: StartReceiver) -> None:
    receiver = start_receiver(options={"connections": 4})
    with ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(receiver.connect())
        assert receiver.post(BODY).status == 200  # once idle ones have been cut off


def _rest(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except ConnectionResetError:
        return b""


def _still_takes(connection: socket.socket, data: bytes) -> bool:
    """Send more bytes, wait a little for the end, and return whether the connection is still open."""
    try:
        connection.sendall(data)
        return connection.recv(65536) != b""
    except TimeoutError:
        return True
    except ConnectionError:
        return False
