"""The address a request comes from, and whether it may send: pure, over the socket's address and X-Forwarded-For."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_interface
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Peers:
    """The addresses that may send, and the proxies trusted to name the address behind them.

    Args:
        allowed: Networks that may send; empty means every address may.
        trusted: Networks of proxies whose X-Forwarded-For is trusted.
    """

    allowed: tuple[Network, ...] = ()
    trusted: tuple[Network, ...] = ()

    @classmethod
    def from_cidrs(cls, allowed: Iterable[str], trusted: Iterable[str]) -> Self:
        """Return the policy written as CIDR blocks, which the settings have already checked."""
        return cls(
            tuple(ip_interface(cidr).network for cidr in allowed),
            tuple(ip_interface(cidr).network for cidr in trusted),
        )

    def peer(self, client: str, forwarded_for: Sequence[bytes]) -> str:
        """Return the nearest address that is not a trusted proxy.

        Read X-Forwarded-For from the right, since each proxy appends the address of its peer, and the sender can
        invent every entry to the left of an untrusted address. An entry that is not an address ends the reading.
        """
        peer = client
        for entry in reversed(b",".join(forwarded_for).split(b",")):
            if not _is_in(peer, self.trusted):
                return peer
            address = _address(entry.strip().decode(errors="replace"))
            if address is None:
                return peer
            peer = str(address)
        return peer

    def allows(self, peer: str) -> bool:
        """Return whether this address may send webhooks."""
        return not self.allowed or _is_in(peer, self.allowed)


@lru_cache(maxsize=1024)
def _is_in(peer: str, networks: tuple[Network, ...]) -> bool:
    address = _address(peer)
    return address is not None and any(address in network for network in networks)


def _address(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # A dual-stack socket shows IPv4 peers as ::ffff:192.0.2.1.
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
