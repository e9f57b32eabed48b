"""What the gate and the application hand to each other: a request read whole, and the answers there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

ENVIRON_KEY = "cbw.exchange"


@dataclass(slots=True)
class Exchange:
    """One request on its way through the receiver: the gate fills it from the wire, then the application."""

    request_id: str
    peer: str | None = None
    signatures: Sequence[bytes] = ()
    """The value of every signature header, undecoded."""
    content_type: str | None = None
    body: bytes = b""

    stored: asyncio.Future[int] | None = None
    """The commit that the answer has to wait for."""
    secret_id: str = ""
    """Which secret the body was signed with, once that is known."""
    reason: str = ""
    """Why the request was refused: a short stable word for the log."""


class Answer(NamedTuple):
    """What the sender is told; in the order in which a Flask view may return it."""

    body: bytes
    status: int
    headers: list[tuple[str, str]]

    @classmethod
    def plain(cls, status: int, text: str, *, retry_after: int | None = None, closes: bool = False) -> Self:
        """Return a short text that says the same whatever the cause, so that it tells a stranger nothing.

        Args:
            status: The HTTP status.
            text: ASCII.
            retry_after: Seconds after which the sender should try again.
            closes: Whether the connection ends, because unread bytes of the request may be on it.
        """
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(text)))]
        if retry_after is not None:
            headers.append(("Retry-After", str(retry_after)))
        if closes:
            headers.append(("Connection", "close"))
        return cls(text.encode("ascii"), status, headers)


RETRY_SECONDS = 5

ACCEPTED = Answer.plain(200, "OK")
BAD_REQUEST = Answer.plain(400, "Bad request", closes=True)
INVALID_SIGNATURE = Answer.plain(401, "Invalid signature")
REQUEST_TIMEOUT = Answer.plain(408, "Request timeout", closes=True)
CONTENT_TOO_LARGE = Answer.plain(413, "Content too large", closes=True)
HEADERS_TOO_LARGE = Answer.plain(431, "Request header fields too large", closes=True)
UNAVAILABLE = Answer.plain(503, "Unavailable, try again", retry_after=RETRY_SECONDS)
OVERLOADED = Answer.plain(503, "Unavailable, try again", retry_after=RETRY_SECONDS, closes=True)
