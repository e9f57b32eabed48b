"""Who may send: the nearest address that is not a trusted proxy."""

from __future__ import annotations

import pytest

from ingest.peers import Peers

POLICY = Peers.from_cidrs(["203.0.113.0/24", "2001:db8::/32"], ["10.0.0.0/8", "::1"])


@pytest.mark.parametrize(
    ("client", "forwarded_for", "peer"),
    [
        pytest.param(
            "198.51.100.9", [b"203.0.113.5"], "198.51.100.9", id="a stranger's header is not believed"
        ),
        pytest.param("10.0.0.1", [b"203.0.113.5"], "203.0.113.5", id="a trusted proxy's is"),
        pytest.param("10.0.0.1", [b"203.0.113.5, 198.51.100.9"], "198.51.100.9", id="only its last entry"),
        pytest.param("10.0.0.1", [b"203.0.113.5, 10.0.0.2"], "203.0.113.5", id="through two proxies"),
        pytest.param("10.0.0.1", [b"198.51.100.9", b"203.0.113.5"], "203.0.113.5", id="over two headers"),
        pytest.param("10.0.0.1", [], "10.0.0.1", id="no header"),
        pytest.param("10.0.0.1", [b"unknown"], "10.0.0.1", id="not an address"),
        pytest.param("10.0.0.1", [b"203.0.113.5, \xff"], "10.0.0.1", id="not text"),
        pytest.param("10.0.0.1", [b"10.0.0.3"], "10.0.0.3", id="nothing but proxies"),
        pytest.param("::ffff:10.0.0.1", [b"::ffff:203.0.113.5"], "203.0.113.5", id="IPv4 in IPv6"),
    ],
)
def test_the_peer_is_read_from_the_right_as_far_as_trust_goes(
    client: str, forwarded_for: list[bytes], peer: str
) -> None:
    assert POLICY.peer(client, forwarded_for) == peer


@pytest.mark.parametrize(
    ("peer", "allowed"),
    [
        ("203.0.113.5", True),
        ("::ffff:203.0.113.5", True),
        ("2001:db8::1", True),
        ("198.51.100.9", False),
        ("", False),
    ],
)
def test_only_the_allowed_networks_may_send(peer: str, *, allowed: bool) -> None:
    assert POLICY.allows(peer) is allowed


def test_without_a_list_everybody_may_send() -> None:
    assert Peers().allows("198.51.100.9")
