"""The receiver's decision about one delivery: pure, over values and bytes, without a socket, a file or a clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ingest.inbox.delivery import NewDelivery
from ingest.receiver.answers import ACCEPTED, INVALID_SIGNATURE, Answer
from ingest.secrets.not_authentic import NotAuthenticError

if TYPE_CHECKING:
    from datetime import datetime

    from ingest.receiver.endpoints import Endpoint
    from ingest.secrets.keyring import Keyring

Headers = Mapping[bytes, Sequence[bytes]]
"""Every value of each header, undecoded, by its name in lower case."""


class Verdict(NamedTuple):
    """The decision.

    Attributes:
        answer: For the sender; an acceptance is sent only after the delivery is stored.
        delivery: To be stored; None when the request is refused.
        reason: Of a refusal, a short stable word for the log; the sender never reads it.
    """

    answer: Answer
    delivery: NewDelivery | None = None
    reason: str = ""


def receive(
    endpoint: Endpoint, keyring: Keyring, headers: Headers, body: bytes, *, peer: str | None, now: datetime
) -> Verdict:
    """Decide about one request: authenticity decides, content never does.

    Args:
        endpoint: Of the request's path.
        keyring: The secrets in force.
        headers: As received.
        body: The bytes on the wire.
        peer: The sender's address, to be stored.
        now: An aware instant: secrets expire by it, and the delivery is received at it.
    """
    try:
        authentic = endpoint.authenticate(keyring, headers, body, now)
    except NotAuthenticError as exc:
        return Verdict(INVALID_SIGNATURE, reason=exc.reason)
    content_type = headers.get(b"content-type")
    delivery = NewDelivery.received(
        authentic.body,
        authentic.secret_id,
        at=now,
        content_type=content_type[0].decode("latin-1") if content_type else None,
        peer=peer,
    )
    return Verdict(ACCEPTED, delivery)
