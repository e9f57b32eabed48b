"""Every path that takes deliveries in. The gate, the application, the sender and the documentation read this list.

A new endpoint is one entry, with a function that authenticates its requests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ingest.secrets.signature import SIGNATURE_HEADER

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ingest.receiver.receive import Headers
    from ingest.secrets.keyring import Keyring


class Authentic(NamedTuple):
    """A body that is proven to come from its sender.

    Attributes:
        body: The bytes to store: those on the wire, or their plaintext where the sender encrypts.
        secret_id: The id of the secret that proved it.
    """

    body: bytes
    secret_id: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path that takes deliveries in.

    Attributes:
        path: As sent, never decoded: another spelling of it is another path.
        source: The sender's name.
        authenticate: Returns the authentic body; raises `InvalidSignatureError` where it is not from this sender.
    """

    path: str
    source: str
    authenticate: Callable[[Keyring, Headers, bytes, datetime], Authentic]


def _by_signature(keyring: Keyring, headers: Headers, body: bytes, now: datetime) -> Authentic:
    return Authentic(body, keyring.verify(body, headers.get(_SIGNATURE, ()), now))


_SIGNATURE = SIGNATURE_HEADER.lower().encode()

COMMAND_CENTER = Endpoint("/webhooks/clickbank", source="command_center", authenticate=_by_signature)
ENDPOINTS = (COMMAND_CENTER,)
BY_PATH = {endpoint.path: endpoint for endpoint in ENDPOINTS}
