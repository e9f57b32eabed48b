"""Requests as the bytes they are, so that a test can break any part of one."""

from __future__ import annotations

from ingest.receiver.endpoints import COMMAND_CENTER
from ingest.secrets.signature import sign
from tests.e2e.conftest import SECRET

BODY = b'{"type": "sale.created", "data": {"receipt": "ABCD1234", "amount": 1.00}}'
SIGNATURE = sign(SECRET, BODY).encode()
TARGET = COMMAND_CENTER.path.encode()


def post(
    body: bytes = BODY,
    *,
    target: bytes = TARGET,
    method: bytes = b"POST",
    signature: bytes | None = None,
    framing: bytes | None = None,
    headers: bytes = b"",
    close: bool = True,
) -> bytes:
    """Return the bytes of one request, signed and framed correctly by default."""
    if signature is None:
        signature = b"X-Webhook-Signature: " + sign(SECRET, body).encode() + b"\r\n"
    if framing is None:
        framing = b"Content-Length: %d\r\n" % len(body)
    end = b"Connection: close\r\n" if close else b""
    return (
        method
        + b" "
        + target
        + b" HTTP/1.1\r\nHost: localhost\r\n"
        + signature
        + framing
        + headers
        + end
        + b"\r\n"
        + body
    )


def chunked(*chunks: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
