"""Every answer that a sender can get; its text is the same for every cause, so it reveals nothing to a stranger."""

from __future__ import annotations

from typing import NamedTuple, Self


class Answer(NamedTuple):
    """An HTTP answer; its fields are in the order in which a Flask view may return them."""

    body: bytes
    status: int
    headers: list[tuple[str, str]]

    @classmethod
    def plain(cls, status: int, text: str, *, retry_after: int | None = None, closes: bool = False) -> Self:
        """Return a short text.

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
