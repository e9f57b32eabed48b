"""Who may send: the nearest address that is not a trusted proxy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.receiver.peers import Peers


@pytest.fixture
def policy() -> Peers:
    # The second of each has bits beyond its mask: an address with the length of its network.
    return Peers.from_cidrs(
        ["203.0.113.0/24", "2001:db8::1/32"], ["10.0.0.0/8", "::1", "2001:db8:ffff::5/48"]
    )


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
        pytest.param("::1", [b"2001:db8::7"], "2001:db8::7", id="IPv6"),
        pytest.param(
            "::1",
            [b"6.6.6.6, 2001:DB8:0::7 ,2001:db8:ffff::1, 10.9.9.9"],
            "2001:db8::7",
            id="four mixed hops",
        ),
        pytest.param(
            "::1", [b"2001:db8::7", b"198.51.100.9", b"10.9.9.9"], "198.51.100.9", id="a stranger between"
        ),
        pytest.param("10.0.0.1", [b"203.0.113.5:4711"], "10.0.0.1", id="an address with a port"),
        pytest.param("10.0.0.1", [b"[2001:db8::7]"], "10.0.0.1", id="an address in brackets"),
        pytest.param("10.0.0.1", [b"203.0.113.5,"], "10.0.0.1", id="an empty entry"),
        pytest.param("10.0.0.1", [b"203.0.113.5,,10.0.0.2"], "10.0.0.2", id="an empty entry between"),
        pytest.param("10.0.0.1", [b""], "10.0.0.1", id="an empty header"),
        pytest.param("", [b"203.0.113.5"], "", id="no address at all"),
    ],
)
def test_the_peer_is_read_from_the_right_as_far_as_trust_goes(
    policy: Peers, client: str, forwarded_for: list[bytes], peer: str
) -> None:
    assert policy.peer(client, forwarded_for) == peer


@pytest.mark.parametrize(
    ("peer", "allowed"),
    [
        ("203.0.113.5", True),
        ("::ffff:203.0.113.5", True),
        ("2001:db8::1", True),
        ("2001:db9::1", False),
        ("198.51.100.9", False),
        ("203.0.113.5.example", False),
        ("", False),
    ],
)
def test_only_the_allowed_networks_may_send(policy: Peers, peer: str, *, allowed: bool) -> None:
    assert policy.allows(peer) is allowed


def test_without_a_list_everybody_may_send() -> None:
    assert Peers().allows("198.51.100.9")


ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)


@given(
    inventions=st.lists(st.one_of(st.binary(max_size=20), ADDRESSES.map(str.encode)), max_size=4),
    hops=st.integers(0, 4),
)
def test_nothing_a_sender_writes_changes_the_address_that_our_proxies_saw(
    inventions: list[bytes], hops: int
) -> None:
    peers = Peers.from_cidrs([], ["10.0.0.0/8"])
    seen = [b"198.51.100.9", *(b"10.0.0.%d" % hop for hop in range(hops))]
    assert peers.peer("10.1.1.1", [*inventions, b", ".join(seen)]) == "198.51.100.9"
    assert peers.peer("198.51.100.9", inventions) == "198.51.100.9"
