"""The shipped configurations of Caddy and nginx, run by the real programs in front of a real receiver."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from ingest.receiver.endpoints import COMMAND_CENTER, INS
from ingest.secrets.encryption import encrypt
from ingest.secrets.signature import SIGNATURE_HEADER, sign
from tests.e2e.certificates import Certificate, make_certificate
from tests.e2e.conftest import SECRET, Launcher, Receiver, free_port, wait_until
from tests.e2e.proxies import Proxy, nginx_conf, run, start_proxy, status_of, stop
from tests.e2e.wire import BODY, chunked, post
from tests.programs import needs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

INS_KEY = b"A1B2C3D4E5"
pytestmark = needs("openssl", "caddy", "nginx")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def launcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launcher]:
    launcher = Launcher(tmp_path_factory.mktemp("behind"))
    yield launcher
    launcher.stop_all()


@pytest.fixture(scope="module")
def behind(launcher: Launcher) -> Receiver:
    return launcher.start(
        options={"behind_proxy": True},
        ins_secret=INS_KEY.decode(),
        trusted_proxies="127.0.0.1/32",
        allowed_ips="127.0.0.1/32,127.0.0.8/30,::1/128",
    )


@pytest.fixture(scope="module", params=["caddy", "nginx"])
def _shared(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    behind: Receiver,
    certificate: Certificate,
) -> Iterator[Proxy]:
    proxy = start_proxy(
        request.param, tmp_path_factory.mktemp(request.param), behind, certificate, behind.port
    )
    yield proxy
    stop(proxy.process)


@pytest.fixture
def proxy(_shared: Proxy) -> Proxy:
    """A proxy that the tests share; each sees only its own deliveries."""
    return Proxy(
        _shared.name, _shared.process, _shared.port, _shared.certificate, _shared.receiver.from_now()
    )


def test_an_event_arrives_byte_for_byte_with_the_senders_address(proxy: Proxy) -> None:
    body = b'{"a":  "\xff\x00"}\r\n'
    answer = proxy.post(body, source="127.0.0.9")
    assert (answer.status, answer.body) == (200, b"OK")
    assert proxy.stored() == [(body, "127.0.0.9")]


def test_only_allowed_addresses_may_send_and_no_header_of_theirs_changes_that(proxy: Proxy) -> None:
    assert proxy.post(source="127.0.0.7").status == 401
    headers = {SIGNATURE_HEADER: sign(SECRET, BODY), "X-Forwarded-For": "127.0.0.9"}
    forged = proxy.certificate.request(
        proxy.port, "POST", COMMAND_CENTER.path, BODY, headers, source="127.0.0.7"
    )
    assert (forged.status, forged.body) == (401, b"Invalid signature")
    lines = proxy.receiver.log_lines("webhook.request")
    assert {(line["reason"], line["peer"]) for line in lines} == {("peer_not_allowed", "127.0.0.7")}
    assert proxy.stored() == []


def test_a_notification_arrives_from_any_address(proxy: Proxy) -> None:
    answer = proxy.certificate.request(
        proxy.port, "POST", INS.path, encrypt(INS_KEY, b'{"a": 1}'), source="127.0.0.7"
    )
    assert (answer.status, answer.body) == (200, b"OK")
    greeting = proxy.certificate.request(proxy.port, "GET", INS.path)
    assert greeting.status == 200
    assert proxy.stored() == [(b'{"a": 1}', "127.0.0.7")]


def test_a_chunked_event_and_one_as_large_as_is_allowed_arrive(proxy: Proxy) -> None:
    large = b"x" * (1024 * 1024)
    assert proxy.post(large).status == 200
    signed = b"X-Webhook-Signature: %b\r\n" % sign(SECRET, BODY).encode()
    request = post(chunked(BODY[:10], BODY[10:]), signature=signed, framing=b"Transfer-Encoding: chunked\r\n")
    assert proxy.raw(request) == 200
    assert [body for body, _ in proxy.stored()] == [large, BODY]


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        pytest.param(post(signature=b""), 401, id="no signature"),
        pytest.param(post(signature=b"X-Webhook-Signature: %b\r\n" % (b"0" * 64)), 401, id="a forged one"),
        pytest.param(
            post(signature=b"X_Webhook_Signature: %b\r\n" % sign(SECRET, BODY).encode()),
            401,
            id="underscores",
        ),
        pytest.param(
            post(signature=b"X-Webhook-Signature: %b\r\n" % sign(SECRET, BODY).encode() * 2),
            401,
            id="two headers",
        ),
        pytest.param(post(target=b"/webhooks/click%62ank"), 404, id="a percent-encoded path"),
        pytest.param(post(target=b"//webhooks/clickbank"), 404, id="two slashes"),
        pytest.param(post(target=b"/webhooks/clickbank/"), 404, id="a slash behind"),
        pytest.param(post(target=b"/webhooks/../webhooks/clickbank"), 404, id="dots"),
        pytest.param(post(target=b"/"), 404, id="another path"),
        pytest.param(post(b"", method=b"GET", target=b"/readyz"), 404, id="readiness"),
        pytest.param(post(b"", method=b"GET", target=b"/metrics"), 404, id="metrics"),
        pytest.param(post(b"", method=b"GET"), 405, id="another method"),
        pytest.param(
            post(b"", framing=b"Content-Length: 1048577\r\n"), 413, id="a declared length over the limit"
        ),
        pytest.param(
            post(chunked(*[b"x" * 65536] * 17), framing=b"Transfer-Encoding: chunked\r\n"),
            413,
            id="chunks over it",
        ),
        pytest.param(post(framing=b"Content-Length: 5\r\nContent-Length: 6\r\n"), 400, id="two lengths"),
        pytest.param(post(framing=b"Transfer-Encoding: identity\r\n"), (400, 501), id="an odd coding"),
        pytest.param(post().replace(b"Host: localhost\r\n", b""), 400, id="no host"),
    ],
)
def test_a_refusal_is_a_refusal_through_a_proxy_too_and_never_a_redirect(
    proxy: Proxy, request_bytes: bytes, status: int | tuple[int, ...]
) -> None:
    assert proxy.raw(request_bytes) in ((status,) if isinstance(status, int) else status)
    assert proxy.stored() == []


def test_a_head_over_the_cap_is_refused(proxy: Proxy) -> None:
    assert proxy.raw(post(headers=b"X-A: " + b"a" * 40_000 + b"\r\n")) in {400, 431}


def test_a_body_that_breaks_off_is_never_stored(proxy: Proxy) -> None:
    with proxy.connect() as connection:
        connection.sendall(post()[:-5])
    assert proxy.post(b"after").status == 200
    assert proxy.stored() == [(b"after", "127.0.0.1")]


def test_a_body_that_comes_too_slowly_is_never_a_200(proxy: Proxy) -> None:
    """Caddy passes the receiver's 408 on when the rest has come; nginx ends the connection by itself."""
    with proxy.connect() as connection:
        connection.sendall(post()[:-5])
        if proxy.name == "caddy":
            wait_until(lambda: "body_timeout" in proxy.receiver.log())
            connection.sendall(post()[-5:])
        assert status_of(connection) == (408 if proxy.name == "caddy" else None)
    assert proxy.stored() == []


@pytest.fixture
def lonely(proxy: Proxy, tmp_path: Path) -> Iterator[Callable[[int], Proxy]]:
    """Start a proxy of the same kind in front of a port where nobody listens yet."""
    started: list[Proxy] = []

    def start(upstream: int) -> Proxy:
        started.append(start_proxy(proxy.name, tmp_path, proxy.receiver, proxy.certificate, upstream))
        return started[0]

    yield start
    for each in started:
        stop(each.process)


def test_a_receiver_that_is_away_is_503_with_retry_after(lonely: Callable[[int], Proxy]) -> None:
    answer = lonely(free_port()).post()
    assert (answer.status, answer.headers["retry-after"], answer.body) == (
        503,
        "5",
        b"Unavailable, try again",
    )


def test_a_receiver_that_hangs_up_without_an_answer_is_503(lonely: Callable[[int], Proxy]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as upstream, ThreadPoolExecutor(1) as pool:
        hanging_up = pool.submit(_hang_up, upstream)
        answer = lonely(upstream.getsockname()[1]).post()
        upstream.shutdown(socket.SHUT_RDWR)
        hanging_up.result()
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")


def _hang_up(upstream: socket.socket) -> None:
    """Answer health checks, and hang up on everything else, until the socket is shut down."""
    with suppress(OSError):
        while True:
            connection, _ = upstream.accept()
            with connection:
                if connection.recv(65536).startswith(b"GET /healthz"):
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def test_an_event_waits_for_a_receiver_that_restarts_where_the_proxy_can(
    lonely: Callable[[int], Proxy], launcher: Launcher, tmp_path: Path
) -> None:
    """Caddy holds it; nginx has no such option, and asks the sender to come again."""
    port = free_port()
    waiting = lonely(port)
    if waiting.name == "caddy":
        wait_until(lambda: "health_checker" in (tmp_path / "log").read_text(encoding="utf-8"))
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(waiting.post)
        back = launcher.start(port=port, data_dir=tmp_path / "back", options={"behind_proxy": True})
        assert answer.result().status == (200 if waiting.name == "caddy" else 503)
    assert back.bodies() == ([BODY] if waiting.name == "caddy" else [])


def test_the_senders_address_is_found_behind_several_hops(
    proxy: Proxy, launcher: Launcher, tmp_path: Path
) -> None:
    """A sender, Caddy or nginx, another nginx, the receiver: every hop but the first adds whom it saw."""
    behind = launcher.start(
        options={"behind_proxy": True}, data_dir=tmp_path / "hops",
        trusted_proxies="127.0.0.1,::1", allowed_ips="127.0.0.9",
    )  # fmt: skip
    inner_port = free_port()
    plain = nginx_conf(inner_port, behind.port, proxy.certificate).replace(" ssl;", ";")
    inner = run("nginx", tmp_path / "inner", plain)
    outer = start_proxy(proxy.name, tmp_path / "outer", behind, proxy.certificate, inner_port)
    try:
        assert outer.post(b"allowed", source="127.0.0.9").status == 200
        assert outer.post(b"refused", source="127.0.0.8").status == 401
    finally:
        stop(outer.process)
        stop(inner)
    assert outer.stored() == [(b"allowed", "127.0.0.9")]


def test_an_ipv6_sender_is_known_by_its_address(proxy: Proxy) -> None:
    assert proxy.raw(post(), address="::1") == 200
    assert proxy.stored() == [(BODY, "::1")]


def test_another_host_name_is_never_told_200_for_an_event_that_is_not_stored(proxy: Proxy) -> None:
    status = proxy.raw(post().replace(b"Host: localhost", b"Host: other.example.com"))
    assert (status, len(proxy.stored())) == {"caddy": (421, 0), "nginx": (200, 1)}[proxy.name]
