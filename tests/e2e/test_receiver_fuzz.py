"""Random bytes over a real socket: never a 5xx, never a crash, and nothing stored that was not signed.

CI runs a slice. The full run: ``CBW_EXAMPLES=20000 pytest tests/e2e/test_receiver_fuzz.py --timeout 0``.
"""

from __future__ import annotations

import os
import re
import socket

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.secrets.signature import sign
from tests.amounts import amount
from tests.e2e.conftest import SECRET, Receiver
from tests.e2e.wire import BODY, chunked, post

EXAMPLES = amount(80, 250)
STATUSES = {b"100", b"200", b"400", b"401", b"404", b"405", b"408", b"413", b"414", b"431"}
CHUNKED = b"Transfer-Encoding: chunked\r\n"

PIECES = st.sampled_from(
    [
        *(
            b"\r\n",
            b"\n",
            b"\r",
            b"\r\n\r\n",
            b":",
            b" ",
            b"\t",
            b"\x00",
            b"\xff",
            b"\x80",
            b"/",
            b"//",
            b"%2f",
            b"?",
        ),
        *(
            b"POST",
            b"GET",
            b"PRI",
            b"post",
            b"HTTP/1.1",
            b"HTTP/1.0",
            b"HTTP/2.0",
            b"HTTP/9",
            b"Host: a\r\n",
            b"Host:",
        ),
        *(
            b"Content-Length: 0\r\n",
            b"Content-Length: 5\r\n",
            b"Content-Length: -1\r\n",
            CHUNKED,
            b"chunked, gzip",
        ),
        *(
            b"Transfer-Encoding: gzip\r\n",
            b"0\r\n\r\n",
            b"5\r\nhello\r\n",
            b"FFFFFFFFFFFFFFFF\r\n",
            b"Expect: 100-continue\r\n",
        ),
        *(
            b"Connection: close\r\n",
            b"Connection: upgrade\r\nUpgrade: websocket\r\n",
            b"X-Webhook-Signature: ab\r\n",
        ),
        *(
            b"X-Forwarded-For: 1, ::1, \xff\r\n",
            b"X-A: " + b"a" * 9000 + b"\r\n",
            b"Content-Type: \xe9\r\n",
            post(),
        ),
    ]
)
SEEDS = [
    post(),
    post(close=False) + post(b""),
    post(b"", method=b"GET", target=b"/healthz"),
    post(b"", method=b"GET", target=b"/readyz"),
    post(chunked(b"hel", b"lo"), framing=CHUNKED),
    post(signature=b""),
]


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """Give a request or two that were changed in a few places, or bytes that never were one."""
    if draw(st.integers(0, 5)) == 0:
        return draw(st.binary(max_size=200))
    stream = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(stream)))
        end = min(len(stream), start + draw(st.integers(0, 12)))
        stream = stream[:start] + draw(PIECES | st.binary(max_size=4)) + stream[end:]
    return stream


def exchanged(receiver: Receiver, stream: bytes) -> bytes:
    """Send a stream, say that there is no more, and return all that comes back."""
    received = b""
    with receiver.connect() as connection:
        try:
            connection.sendall(stream)
            connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65536):
                received += chunk
        except TimeoutError:
            raise
        except OSError:  # the connection was ended while there was more to send
            return received
    return received


def test_no_bytes_crash_the_receiver_or_are_stored_unsigned(receiver: Receiver) -> None:
    workers = receiver.worker_pids()
    sent: list[bytes] = []

    @settings(
        max_examples=EXAMPLES,
        derandomize="CBW_EXAMPLES" not in os.environ,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(stream=streams())
    def no_bytes_get_a_fault(stream: bytes) -> None:
        sent.append(stream)
        answers = exchanged(receiver, stream)
        assert set(re.findall(rb"HTTP/1\.[01] (\d{3}) [A-Z]", answers)) <= STATUSES
        assert b"Traceback" not in answers

    no_bytes_get_a_fault()
    for body in set(receiver.bodies()):
        signature = sign(SECRET, body).encode()
        assert any(signature in stream for stream in sent)
    assert "webhook.unexpected" not in receiver.log()
    assert "Traceback" not in receiver.log()
    assert receiver.worker_pids() == workers
    assert receiver.post(BODY).status == 200
