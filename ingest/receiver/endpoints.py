"""Every path that takes deliveries in. The gate, the application, the sender and the documentation read this list.

A new endpoint is one entry, with a function that authenticates its requests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ingest.secrets.signature import SIGNATURE_HEADER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from ingest.receiver.receive import Headers
    from ingest.secrets.keyring import Keyring
    from ingest.secrets.signature import Secret


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
        authenticate: Returns the authentic body; raises `NotAuthenticError` where it is not from this sender.
        secrets: Returns those of a keyring that authenticate its sender; without any at the start, the path is unknown.
        has_peer_list: Whether CBW_ALLOWED_IPS limits its senders.
        answers_get: Whether GET and HEAD are answered with 200 and store nothing.
    """

    path: str
    source: str
    authenticate: Callable[[Keyring, Headers, bytes, datetime], Authentic]
    secrets: Callable[[Keyring], Sequence[Secret]] = lambda keyring: keyring.secrets
    has_peer_list: bool = True
    answers_get: bool = False


def _by_signature(keyring: Keyring, headers: Headers, body: bytes, now: datetime) -> Authentic:
    return Authentic(body, keyring.verify(body, headers.get(_SIGNATURE, ()), now))


def _by_encryption(keyring: Keyring, _headers: Headers, body: bytes, now: datetime) -> Authentic:
    return Authentic(*keyring.decrypt(body, now))


_SIGNATURE = SIGNATURE_HEADER.lower().encode()

COMMAND_CENTER = Endpoint("/webhooks/clickbank", source="command_center", authenticate=_by_signature)
# ClickBank publishes no addresses of the service, and an implementer saw it ask with GET before the first POST.
INS = Endpoint(
    "/ins/clickbank",
    source="ins",
    authenticate=_by_encryption,
    secrets=lambda keyring: keyring.ins_secrets,
    has_peer_list=False,
    answers_get=True,
)
ENDPOINTS = (COMMAND_CENTER, INS)
BY_PATH = {endpoint.path: endpoint for endpoint in ENDPOINTS}
