"""The head of a request: the parts of the request line and the headers that the receiver uses, checked.

Header names keep their underscores, so ``X_Webhook_Signature`` is another header than the signature.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from cbw.errors import CbwError
from ingest.receiver.answers import BAD_REQUEST, HEADERS_TOO_LARGE, Answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.receiver.receive import Headers

MAX_HEAD_BYTES = 32 * 1024

_LENGTH = re.compile(rb"[0-9]{1,18}")


class RefusedError(CbwError):
    """The gate refuses a request before the application gets it.

    Args:
        answer: The sender's answer.
        reason: A short stable word for the log.
    """

    def __init__(self, answer: Answer, reason: str) -> None:
        super().__init__(f"the request was refused: {reason}")
        self.answer = answer
        self.reason = reason


class Head(NamedTuple):
    """One request's head."""

    method: str
    path: str
    """The path as sent, not decoded: another spelling of a path is another path."""
    client: str
    headers: Headers
    content_length: int | None
    """None for a chunked body; 0 when there is none."""

    @classmethod
    def from_scope(cls, scope: dict[str, Any]) -> Head:
        """Read an ASGI scope.

        Raises:
            RefusedError: 400 or 431, for a head that HTTP forbids and the server accepts.
        """
        headers = _headers(scope)
        hosts = headers.get(b"host", ())
        if len(hosts) > 1 or (scope["http_version"] == "1.1" and not (hosts and hosts[0])):
            raise RefusedError(BAD_REQUEST, "bad_host")
        client = scope["client"]
        return cls(
            method=scope["method"],
            path=scope["raw_path"].decode("ascii", "backslashreplace"),
            client=client[0] if client else "",
            headers=headers,
            content_length=_content_length(
                headers.get(b"content-length", ()), headers.get(b"transfer-encoding", ())
            ),
        )


def _headers(scope: dict[str, Any]) -> Headers:
    headers: dict[bytes, list[bytes]] = {}
    size = len(scope["raw_path"]) + len(scope["query_string"])
    for name, value in scope["headers"]:
        size += len(name) + len(value)
        headers.setdefault(name, []).append(value)
    if size > MAX_HEAD_BYTES:
        raise RefusedError(HEADERS_TOO_LARGE, "head_too_large")
    return headers


def _content_length(lengths: Sequence[bytes], encodings: Sequence[bytes]) -> int | None:
    if encodings:
        if lengths or len(encodings) > 1 or encodings[0].lower() != b"chunked":
            raise RefusedError(BAD_REQUEST, "bad_transfer_encoding")
        return None
    if not lengths:
        return 0
    if len(lengths) > 1 or _LENGTH.fullmatch(lengths[0]) is None:
        raise RefusedError(BAD_REQUEST, "bad_content_length")
    return int(lengths[0])
