"""Who may send, over real sockets: directly, and as trusted proxies report it."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import PATIENCE, Launcher, Receiver, StartReceiver, read_answers, wait_until
from tests.e2e.wire import BODY, post

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def _behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    launcher = Launcher(tmp_path_factory.mktemp("peers"))
    yield launcher.start(
        trusted_proxies="127.0.0.1, 10.0.0.0/8, 2001:db8:1::/48",
        allowed_ips="203.0.113.0/24, 2001:db8:2::/48",
    )
    launcher.stop_all()


@pytest.fixture
def behind(_behind: Receiver) -> Receiver:
    return _behind.from_now()


@pytest.mark.parametrize(
    ("forwarded", "peer"),
    [
        pytest.param([b"203.0.113.7"], "203.0.113.7", id="one hop"),
        pytest.param(
            [b"203.0.113.7, 10.0.0.1, 2001:db8:1::1"], "203.0.113.7", id="three hops of both families"
        ),
        pytest.param(
            [b"198.51.100.1, 2001:db8:2::9 , 10.0.0.1"], "2001:db8:2::9", id="IPv6 behind an invention"
        ),
        pytest.param(
            [b"198.51.100.1", b"203.0.113.7", b"10.0.0.1"], "203.0.113.7", id="a header for each hop"
        ),
        pytest.param([b"::ffff:203.0.113.7"], "203.0.113.7", id="IPv4 in IPv6"),
    ],
)
def test_the_address_behind_the_trusted_hops_is_allowed_and_stored(
    behind: Receiver, forwarded: list[bytes], peer: str
) -> None:
    headers = b"".join(b"X-Forwarded-For: %b\r\n" % value for value in forwarded)
    assert [answer.status for answer in behind.raw(post(headers=headers))] == [200]
    assert [delivery.peer for delivery in behind.deliveries()] == [peer]


@pytest.mark.parametrize(
    ("forwarded", "peer"),
    [
        pytest.param(b"", "127.0.0.1", id="no header: the proxy itself is not allowed"),
        pytest.param(b"X-Forwarded-For: 198.51.100.1\r\n", "198.51.100.1", id="a stranger"),
        pytest.param(
            b"X-Forwarded-For: 203.0.113.7, 198.51.100.1, 10.0.0.1\r\n",
            "198.51.100.1",
            id="a stranger's invention",
        ),
        pytest.param(b"X-Forwarded-For: unknown\r\n", "127.0.0.1", id="no address"),
        pytest.param(
            b"X-Forwarded-For: 203.0.113.7, \xff, 10.0.0.1\r\n", "10.0.0.1", id="nonsense in the middle"
        ),
        pytest.param(b"Forwarded: for=203.0.113.7\r\n", "127.0.0.1", id="another header"),
        pytest.param(b"X_Forwarded_For: 203.0.113.7\r\n", "127.0.0.1", id="underscores"),
    ],
)
def test_everybody_else_is_refused_before_the_body_is_read(
    behind: Receiver, forwarded: bytes, peer: str
) -> None:
    head = post(headers=forwarded).removesuffix(BODY)
    assert [(answer.status, answer.body) for answer in behind.raw(head)] == [(401, b"Invalid signature")]
    [line] = behind.log_lines("webhook.request")
    assert (line["reason"], line["peer"]) == ("peer_not_allowed", peer)
    assert behind.bodies() == []


def test_an_ipv6_listener_knows_its_ipv6_peer(launch: StartReceiver) -> None:
    receiver = launch(host="::1", allowed_ips="::1/128")

    def ask() -> list[int]:
        try:
            with socket.create_connection(("::1", receiver.port), timeout=PATIENCE) as connection:
                connection.sendall(post())
                return [answer.status for answer in read_answers(connection)]
        except ConnectionRefusedError:
            return []

    wait_until(lambda: ask() == [200])
    assert {delivery.peer for delivery in receiver.deliveries()} == {"::1"}
