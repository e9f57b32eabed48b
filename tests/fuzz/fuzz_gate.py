"""Coverage-guided fuzzing of everything behind the web server: head, limits, Flask, signature, inbox.

The fuzzer reads an input as a list of fields: method, target, headers, the pieces of the body. So it also sends
requests that the web server would have refused. No answer may be a fault of ours, and no unsigned body may reach
the inbox. Run it with ``make fuzz``; the arguments are libFuzzer's.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import atheris
import structlog

with atheris.instrument_imports(include=["ingest", "werkzeug.routing", "werkzeug.sansio"]):
    from ingest.inbox.inbox import Inbox
    from ingest.receiver.app import create_app
    from ingest.receiver.body import BodyLimits
    from ingest.receiver.endpoints import COMMAND_CENTER
    from ingest.receiver.gate import Gate
    from ingest.receiver.peers import Peers
    from ingest.secrets.keyring import Keyring
    from ingest.secrets.signature import Secret, sign

from tests.fuzz.corpus import corpus_directory

if TYPE_CHECKING:
    from ingest.inbox.delivery import NewDelivery

KEY = b"the-secret-that-the-tests-use"
STATUSES = {200, 400, 401, 404, 405, 408, 413, 431}
LIMITS = BodyLimits(size=256, seconds=5, small=64, in_flight=128)
NAMES = [
    *(b"host", b"content-length", b"transfer-encoding", b"x-webhook-signature", b"x-forwarded-for"),
    *(b"content-type", b"x_webhook_signature", b"expect", b""),
]
METHODS = ["POST", "GET", "HEAD", "OPTIONS", "post", "PUT", "-", ""]
TARGETS = [COMMAND_CENTER.path.encode(), b"/healthz", b"/readyz", b"/", b"", b"//", b"*"]
SEPARATOR = b"\xfe"


class CheckedInbox(Inbox):
    """An inbox that commits in memory, and raises on a body without a valid signature."""

    signatures: tuple[bytes, ...] = ()

    def submit(self, delivery: NewDelivery) -> asyncio.Future[int]:
        assert sign(KEY, delivery.body).encode() in [value.lower() for value in self.signatures]
        stored = asyncio.get_running_loop().create_future()
        stored.set_result(1)
        return stored


structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("critical"))
INBOX = CheckedInbox(Path(tempfile.mkdtemp()) / "inbox-00.sqlite")
GATE = Gate(
    create_app(Keyring([Secret("only", KEY)], allow_prefix=False), INBOX),
    INBOX,
    peers=Peers.from_cidrs(["0.0.0.0/0", "::/0"], ["10.0.0.0/8", "::1"]),
    body_limits=LIMITS,
)
LOOP = asyncio.new_event_loop()


def read_request(data: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the ASGI scope and the body messages that an input encodes."""
    fields = data.split(SEPARATOR)
    start = (fields[0] + b"\0\0\0")[:3]
    target = fields[1] if len(fields) > 1 and start[1] % 2 else TARGETS[start[1] // 2 % len(TARGETS)]
    rest = fields[2:]
    pieces = rest[: start[2] % 4]
    headers = []
    for field in rest[len(pieces) :]:
        index = field[0] if field else 0
        name = NAMES[index % len(NAMES)]
        headers.append((name or field[1:9].lower(), field[1:]))
    body = b"".join(pieces)
    if start[2] & 64:
        headers.append((b"x-webhook-signature", sign(KEY, body).encode()))
    if start[2] & 128:
        headers.append((b"content-length", b"%d" % len(body)))
    scope = {
        "type": "http",
        "http_version": "1.1" if start[0] & 8 else "1.0",
        "method": METHODS[start[0] % len(METHODS)],
        "raw_path": target,
        "query_string": b"" if start[0] & 16 else target[:20],
        "headers": headers,
        "client": ("10.0.0.1", 1) if start[0] & 32 else ("::1", 1) if start[0] & 64 else None,
    }
    INBOX.signatures = tuple(value for name, value in headers if name == b"x-webhook-signature")
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    last = (
        {"type": "http.disconnect"}
        if start[2] & 32
        else {"type": "http.request", "body": b"", "more_body": False}
    )
    return scope, [*messages, last]


async def answer(scope: dict[str, Any], messages: list[dict[str, Any]]) -> int:
    """Run the gate on one request and return the status."""
    waiting, sent = iter(messages), []

    async def receive() -> dict[str, Any]:
        return next(waiting, {"type": "http.disconnect"})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await GATE(scope, receive, send)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    return int(sent[0]["status"])


def try_request(data: bytes) -> None:
    """Send the request of one input through the gate and check its status."""
    scope, messages = read_request(data)
    status = LOOP.run_until_complete(answer(scope, messages))
    is_overloaded = sum(len(message.get("body", b"")) for message in messages) > LIMITS.in_flight
    assert status in STATUSES or (status == 503 and (is_overloaded or scope["raw_path"] == b"/readyz")), (
        status
    )


SEEDS = [
    SEPARATOR.join([bytes([8, 0, 1 | 64 | 128]), b"", b'{"type":"test"}', b"\0localhost"]),
    SEPARATOR.join([bytes([8, 0, 2 | 64]), b"", b"ab", b"cd", b"\0localhost", b"\2chunked"]),
    SEPARATOR.join([bytes([9, 4, 0]), b"", b"\0localhost"]),
    SEPARATOR.join(
        [bytes([8 | 32, 1, 1 | 64 | 128]), b"/webhooks/clickbank", b"x" * 300, b"\0a", b"\x04::1, 10.0.0.2"]
    ),
]

if __name__ == "__main__":
    atheris.Setup([*sys.argv, str(corpus_directory("gate", SEEDS))], try_request)
    atheris.Fuzz()
