"""The answer to every request, over real HTTP from a real receiver process."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from ingest.secrets.signature import sign
from tests.e2e.conftest import (
    SECRET,
    Receiver,
    StartReceiver,
    read_answers,
    wait_until,
)
from tests.e2e.wire import BODY, SIGNATURE, TARGET, chunked, post


class TestAccepted:
    def test_a_signed_event_gets_200_ok_and_is_stored_exactly(self, receiver: Receiver) -> None:
        answer = receiver.post(BODY)
        assert (answer.status, answer.body) == (200, b"OK")
        [stored] = receiver.deliveries()
        assert stored.body == BODY
        assert stored.body_sha256 == hashlib.sha256(BODY).digest()
        assert (stored.secret_id, stored.peer) == ("current", "127.0.0.1")

    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(b"", id="empty"),
            pytest.param(b"\x00\xff\xfe", id="not UTF-8"),
            pytest.param(b"\xef\xbb\xbf{}", id="BOM"),
            pytest.param(b"not json", id="not JSON"),
            pytest.param(b'{"type": 1, "type": 2}', id="duplicate keys"),
            pytest.param(b"[" * 100_000, id="nested for ever"),
            pytest.param(b'{"n": 1e999}\r\n', id="trailing newline"),
            pytest.param(b"'; drop table deliveries; --\x1b[31m", id="metacharacters"),
            pytest.param(b"x" * (1024 * 1024), id="as large as is allowed"),
        ],
    )
    def test_content_never_decides(self, receiver: Receiver, body: bytes) -> None:
        assert receiver.post(body).status == 200
        assert receiver.bodies() == [body]

    def test_a_repeat_is_accepted_and_stored_again(self, receiver: Receiver) -> None:
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(receiver.post, [BODY] * 64))
        assert {answer.status for answer in answers} == {200}
        assert receiver.bodies() == [BODY] * 64

    def test_a_chunked_body_is_accepted(self, receiver: Receiver) -> None:
        request = post(framing=b"Transfer-Encoding: chunked\r\n").removesuffix(BODY)
        [answer] = receiver.raw(request, chunked(BODY[:10]), chunked(BODY[10:]))[:1]
        assert answer.status == 401  # the first chunk series ended too early: another body, another signature
        [answer] = receiver.raw(request, chunked(BODY[:10], BODY[10:]))
        assert answer.status == 200
        assert receiver.bodies() == [BODY]

    def test_pipelined_events_are_answered_in_order_and_all_stored(self, receiver: Receiver) -> None:
        bodies = [b"first", b"second", b"third"]
        requests = b"".join(post(body, close=body == b"third") for body in bodies)
        assert [answer.status for answer in receiver.raw(requests)] == [200, 200, 200]
        assert receiver.bodies() == bodies

    def test_a_connection_is_kept_for_the_next_event(self, receiver: Receiver) -> None:
        with receiver.connect() as connection:
            for number in range(3):
                connection.sendall(post(b"event %d" % number, close=number == 2))
                if number < 2:
                    assert connection.recv(65536).startswith(b"HTTP/1.1 200")
            assert read_answers(connection)[0].status == 200

    def test_content_encoding_is_ignored_and_the_wire_bytes_decide(self, receiver: Receiver) -> None:
        [answer] = receiver.raw(post(headers=b"Content-Encoding: gzip\r\nContent-Type: text/odd\r\n"))
        assert answer.status == 200
        [stored] = receiver.deliveries()
        assert (stored.body, stored.content_type) == (BODY, "text/odd")

    def test_every_answer_has_a_request_id_of_ours(self, receiver: Receiver) -> None:
        first, second = receiver.post(BODY), receiver.post(BODY, signature="0" * 64)
        assert first.headers["x-request-id"] != second.headers["x-request-id"]
        [line] = receiver.log_lines("webhook.request")
        assert line["request_id"] == second.headers["x-request-id"]


class TestNotAuthentic:
    @pytest.mark.parametrize(
        "header",
        [
            pytest.param(b"", id="missing"),
            pytest.param(b"X-Webhook-Signature:\r\n", id="empty"),
            pytest.param(b"X-Webhook-Signature: %b\r\n" % SIGNATURE[:-1], id="short"),
            pytest.param(b"X-Webhook-Signature: %b0\r\n" % SIGNATURE, id="long"),
            pytest.param(b"X-Webhook-Signature: %b\r\n" % (b"z" * 64), id="not hex"),
            pytest.param(
                b"X-Webhook-Signature: %b %b\r\n" % (SIGNATURE[:32], SIGNATURE[32:]), id="space inside"
            ),
            pytest.param(b"X-Webhook-Signature: %b\r\n" % ("\uff11" * 64).encode(), id="full-width digits"),
            pytest.param(b"X-Webhook-Signature: \xe9\xff\r\n", id="not ASCII"),
            pytest.param(
                b"X-Webhook-Signature: %b\r\n" % base64.b64encode(bytes.fromhex(SIGNATURE.decode())),
                id="base64",
            ),
            pytest.param(b"X-Webhook-Signature: sha256=%b\r\n" % SIGNATURE, id="prefixed"),
            pytest.param(b"X-Webhook-Signature: %b\r\n" % SIGNATURE[:40], id="truncated"),
            pytest.param(
                b"X-Webhook-Signature: %b\r\n" % hmac.new(SECRET, BODY, "sha1").hexdigest().encode(),
                id="SHA-1",
            ),
            pytest.param(b"X-Webhook-Signature: %b\r\n" % (b"0" * 64), id="another digest"),
            pytest.param(b"X-Webhook-Signature: %b\r\n" % SIGNATURE * 2, id="two headers"),
            pytest.param(b"X_Webhook_Signature: %b\r\n" % SIGNATURE, id="underscores in the name"),
            pytest.param(
                b"X-Webhook-Signature: %b\r\n" % sign(b"other" * 5, BODY).encode(), id="another secret"
            ),
        ],
    )
    def test_gets_401_with_one_text_and_nothing_is_stored(self, receiver: Receiver, header: bytes) -> None:
        [answer] = receiver.raw(post(signature=header))
        assert (answer.status, answer.body) == (401, b"Invalid signature")
        assert receiver.bodies() == []

    def test_upper_case_hex_is_the_same_signature(self, receiver: Receiver) -> None:
        assert receiver.post(BODY, signature=SIGNATURE.decode().upper()).status == 200

    def test_the_signature_of_a_re_serialised_body_is_refused(self, receiver: Receiver) -> None:
        other = json.dumps(json.loads(BODY), separators=(",", ":")).encode()
        assert receiver.post(BODY, signature=sign(SECRET, other)).status == 401

    def test_the_previous_secret_is_accepted_and_named(self, start_receiver: StartReceiver) -> None:
        receiver = start_receiver(webhook_secret_previous="the-secret-before-this")
        assert receiver.post(BODY, signature=sign(b"the-secret-before-this", BODY)).status == 200
        assert [stored.secret_id for stored in receiver.deliveries()] == ["previous"]

    def test_an_expired_previous_secret_is_refused(self, start_receiver: StartReceiver) -> None:
        receiver = start_receiver(
            webhook_secret_previous="the-secret-before-this",
            webhook_secret_previous_until="2020-01-01T00:00:00+00:00",
        )
        assert receiver.post(BODY, signature=sign(b"the-secret-before-this", BODY)).status == 401

    def test_a_peer_that_is_not_allowed_is_refused_like_a_bad_signature(
        self, start_receiver: StartReceiver
    ) -> None:
        receiver = start_receiver(allowed_ips="203.0.113.0/24")
        answer = receiver.post(BODY)
        assert (answer.status, answer.body) == (401, b"Invalid signature")
        assert receiver.request("GET", "/healthz").status == 200
        assert receiver.log_lines("webhook.request")[0]["reason"] == "peer_not_allowed"

    def test_an_allowed_peer_behind_a_trusted_proxy_is_accepted(self, start_receiver: StartReceiver) -> None:
        receiver = start_receiver(allowed_ips="203.0.113.0/24", trusted_proxies="127.0.0.1/32")
        [answer] = receiver.raw(post(headers=b"X-Forwarded-For: 198.51.100.1, 203.0.113.7\r\n"))
        assert answer.status == 200
        assert receiver.deliveries()[0].peer == "203.0.113.7"


class TestNoSuchRequest:
    @pytest.mark.parametrize(
        "target",
        [
            b"/",
            b"/webhooks",
            b"/webhooks/clickbank/",
            b"//webhooks/clickbank",
            b"/webhooks//clickbank",
            b"/webhooks/click%62ank",
            b"/webhooks/./clickbank",
            b"/webhooks/clickbank;a",
            b"/WEBHOOKS/CLICKBANK",
            b"/metrics",
            b"/static/app.py",
        ],
    )
    def test_another_path_gets_404_and_never_a_redirect(self, receiver: Receiver, target: bytes) -> None:
        [answer] = receiver.raw(post(target=target))
        assert (answer.status, receiver.bodies()) == (404, [])

    @pytest.mark.parametrize("method", [b"GET", b"PUT", b"DELETE", b"PATCH", b"OPTIONS", b"post", b"BREW"])
    def test_another_method_gets_405_with_allow(self, receiver: Receiver, method: bytes) -> None:
        [answer] = receiver.raw(post(method=method))
        assert (answer.status, answer.headers["allow"]) == (405, "POST")
        assert receiver.bodies() == []

    def test_a_query_string_does_not_matter(self, receiver: Receiver) -> None:
        [answer] = receiver.raw(post(target=TARGET + b"?a=b"))
        assert answer.status == 200

    @pytest.mark.parametrize(
        "request_bytes",
        [
            pytest.param(post().replace(b"Host: localhost\r\n", b""), id="no host"),
            pytest.param(post(headers=b"Host: other\r\n"), id="two hosts"),
            pytest.param(post(framing=b"Content-Length: 5\r\nContent-Length: 6\r\n"), id="two lengths"),
            pytest.param(post(framing=b"Content-Length: +5\r\n"), id="signed length"),
            pytest.param(post(framing=b"Transfer-Encoding: gzip, chunked\r\n"), id="a coding before chunked"),
            pytest.param(post(chunked(BODY) + b"x", framing=b"Transfer-Encoding: gzip\r\n"), id="no chunked"),
            pytest.param(
                post(b"5\r\nhello\r\nZZ\r\n", framing=b"Transfer-Encoding: chunked\r\n"), id="bad chunk"
            ),
            pytest.param(post().replace(b"Host:", b"Host :"), id="space before the colon"),
            pytest.param(post(headers=b"A: b\r\n c\r\n"), id="folded header"),
            pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", id="a TLS hello"),
        ],
    )
    def test_broken_framing_gets_400_and_the_connection_ends(
        self, receiver: Receiver, request_bytes: bytes
    ) -> None:
        answers = receiver.raw(request_bytes)
        assert [answer.status for answer in answers] == [400]
        assert receiver.bodies() == []

    @pytest.mark.parametrize("headers", [b"X-A: %b\r\n" % (b"a" * 40_000), b"X-A: b\r\n" * 150])
    def test_a_head_over_the_cap_gets_431(self, receiver: Receiver, headers: bytes) -> None:
        [answer] = receiver.raw(post(headers=headers))
        assert answer.status == 431


class TestBodies:
    def test_a_declared_length_over_the_limit_gets_413_before_the_body(self, receiver: Receiver) -> None:
        [answer] = receiver.raw(post(b"", framing=b"Content-Length: 1048577\r\n", close=False))
        assert answer.status == 413

    def test_a_chunked_body_gets_413_while_it_streams(self, receiver: Receiver) -> None:
        with receiver.connect() as connection:
            connection.sendall(post(b"", framing=b"Transfer-Encoding: chunked\r\n", close=False))
            for _ in range(17):
                connection.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 413")
        assert receiver.bodies() == []

    def test_a_slow_body_gets_408(self, start_receiver: StartReceiver) -> None:
        receiver = start_receiver(options={"body_limits": {"seconds": 0.3}})
        [answer] = receiver.raw(post(close=False)[:-5])
        assert answer.status == 408
        assert receiver.bodies() == []

    def test_a_body_that_breaks_off_is_never_stored(self, receiver: Receiver) -> None:
        with receiver.connect() as connection:
            connection.sendall(post()[:-5])
            connection.shutdown(socket.SHUT_WR)
            read_answers(connection)
        wait_until(lambda: bool(receiver.log_lines("webhook.request")))
        assert receiver.log_lines("webhook.request")[0]["reason"] == "broken_body"
        assert receiver.bodies() == []

    def test_slow_bodies_do_not_keep_a_good_event_waiting(self, receiver: Receiver) -> None:
        slow = [receiver.connect() for _ in range(300)]
        try:
            for connection in slow:
                connection.sendall(post()[:-1])
            assert receiver.post(b"good").status == 200
        finally:
            for connection in slow:
                connection.close()

    def test_big_bodies_in_flight_are_bounded_and_small_events_still_pass(
        self, start_receiver: StartReceiver
    ) -> None:
        receiver = start_receiver(options={"body_limits": {"small": 1_000, "in_flight": 50_000}})
        for _ in range(3):  # a refused body releases its memory
            assert receiver.post(b"x" * 100_000).status == 503
            assert receiver.post(b"x" * 40_000).status == 200
        assert receiver.post(b"small").status == 200
