"""The path of INS on a real receiver: one answer for all that is not authentic, and the plaintext in the inbox.

Its gate, inbox and writer are those of the webhooks' path: an endpoint is a function that authenticates, and all that
follows is the same code. So the tests of broken framing, slow peers, full disks, power cuts and load hold for it too.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from ingest.receiver.endpoints import INS
from ingest.secrets.encryption import encrypt
from tests.e2e.conftest import SECRET, Answer, Launcher, Receiver, StartReceiver, wait_until
from tests.e2e.wire import BODY, chunked, post
from tests.oracle import RawDelivery
from tests.processes import cbw
from tests.sql.harness import built

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY, OTHER_KEY = b"A1B2C3D4E5", b"ANOTHERACCOUNT"
NOTIFICATION = b'{\n  "receipt": "ABCD1234",\n  "transactionType": "SALE",\n  "attemptCount": 1\n}'
TARGET = INS.path.encode()


@pytest.fixture(scope="module")
def _shared_receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    """A receiver whose Command Center may send from one network, which is not this machine's."""
    directory = tmp_path_factory.mktemp("shared")
    secrets = directory / "ins-secrets"
    secrets.write_bytes(b"brightketo " + KEY + b"\nother " + OTHER_KEY + b"\n")
    launcher = Launcher(directory)
    yield launcher.start(ins_secrets_file=secrets, allowed_ips="203.0.113.0/24")
    launcher.stop_all()


def notify(receiver: Receiver, plaintext: bytes = NOTIFICATION, key: bytes = KEY) -> Answer:
    return receiver.request("POST", INS.path, encrypt(key, plaintext))


def test_a_notification_gets_200_and_its_plaintext_is_stored(receiver: Receiver) -> None:
    for key in (KEY, OTHER_KEY):
        answer = notify(receiver, key=key)
        assert (answer.status, answer.body) == (200, b"OK")
    stored = receiver.deliveries()
    assert [(each.body, each.body_sha256) for each in stored] == [
        (NOTIFICATION, sha256(NOTIFICATION).digest())
    ] * 2
    assert [each.secret_id for each in stored] == ["ins:brightketo", "ins:other"]


def test_a_chunked_form_is_accepted_and_a_repeat_is_stored_again(receiver: Receiver) -> None:
    fields = json.loads(encrypt(KEY, NOTIFICATION))
    form = "&".join(f"{name}={value}" for name, value in fields.items()).replace("+", " ").encode()
    head = post(b"", target=TARGET, signature=b"", framing=b"Transfer-Encoding: chunked\r\n")
    for _ in range(2):
        assert [answer.status for answer in receiver.raw(head, chunked(form[:50], form[50:]))] == [200]
    assert receiver.bodies() == [NOTIFICATION] * 2


def test_everything_else_gets_one_answer_and_stores_nothing(receiver: Receiver) -> None:
    good = encrypt(KEY, NOTIFICATION)
    refused = {
        b"": "ins_no_envelope",
        NOTIFICATION: "ins_no_envelope",
        good.replace(b"iv", b"vi"): "ins_no_envelope",
        good.replace(b'{"notification": "', b'{"notification": "*'): "ins_bad_base64",
        b'{"notification": "AAAA", "iv": "AAAA"}': "ins_bad_iv",
        b'{"notification": "AAAA", "iv": "%s"}' % (b"A" * 22 + b"=="): "ins_bad_length",
        encrypt(b"A1B2C3D4E6", NOTIFICATION): "ins_not_decrypted",
        encrypt(SECRET, NOTIFICATION): "ins_not_decrypted",
        encrypt(KEY, b"\xff" + NOTIFICATION): "ins_not_decrypted",
        encrypt(KEY, b"[]"): "ins_not_decrypted",
    }
    answers = [receiver.request("POST", INS.path, body) for body in refused]
    shown = [(each.status, each.body, {**each.headers, "x-request-id": "", "date": ""}) for each in answers]
    assert shown == [shown[0]] * len(shown)
    assert shown[0][:2] == (401, b"Invalid signature")
    reasons = [line["reason"] for line in receiver.log_lines("webhook.request")]
    assert reasons == list(refused.values())
    assert receiver.bodies() == []


def test_the_list_of_peers_is_for_command_center_alone(receiver: Receiver) -> None:
    assert receiver.post(BODY).status == 401
    assert notify(receiver).status == 200


def test_get_and_head_get_200_and_store_nothing_and_other_methods_405(receiver: Receiver) -> None:
    assert [receiver.request(method, INS.path).status for method in ("GET", "HEAD")] == [200, 200]
    refused = receiver.request("PUT", INS.path, encrypt(KEY, NOTIFICATION))
    assert (refused.status, set(refused.headers["allow"].split(", "))) == (405, {"GET", "HEAD", "POST"})
    assert receiver.bodies() == []


def test_a_large_notification_is_stored_and_a_larger_one_gets_413(receiver: Receiver) -> None:
    large = b'{"a": "' + b"x" * 700_000 + b'"}'
    assert notify(receiver, large).status == 200
    assert receiver.bodies() == [large]
    head = post(b"", target=TARGET, signature=b"", framing=b"Content-Length: 1048577\r\n")
    assert [answer.status for answer in receiver.raw(head)] == [413]


@pytest.mark.parametrize(
    ("ins_secret", "webhook_secret", "statuses"),
    [(None, SECRET.decode(), (404, 404, 200)), (KEY.decode(), None, (200, 200, 404))],
)
def test_a_sender_without_a_secret_has_no_path(
    start_receiver: StartReceiver,
    ins_secret: str | None,
    webhook_secret: str | None,
    statuses: tuple[int, int, int],
) -> None:
    receiver = start_receiver(ins_secret=ins_secret, webhook_secret=webhook_secret)
    greeting = receiver.request("GET", INS.path)
    assert (notify(receiver).status, greeting.status, receiver.post(BODY).status) == statuses


def test_accounts_come_and_go_without_a_restart_and_a_kill_loses_nothing_that_got_200(
    start_receiver: StartReceiver, tmp_path: Path
) -> None:
    path = tmp_path / "ins-secrets"
    path.write_bytes(b"one " + KEY)
    receiver = start_receiver(ins_secrets_file=path)
    assert [notify(receiver, key=key).status for key in (KEY, OTHER_KEY)] == [200, 401]
    path.write_bytes(b"two " + OTHER_KEY)
    wait_until(lambda: len(receiver.log_lines("receiver.secrets_loaded")) == 2)
    assert [notify(receiver, key=key).status for key in (KEY, OTHER_KEY)] == [401, 200]
    acknowledged = [NOTIFICATION, NOTIFICATION]
    for number in range(200):
        body = b'{"receipt": "R%d"}' % number
        assert notify(receiver, body, OTHER_KEY).status == 200
        acknowledged.append(body)
    receiver.kill()
    assert receiver.bodies() == acknowledged
    assert all(key.decode() not in receiver.log() for key in (KEY, OTHER_KEY))


def test_the_commands_send_a_sample_a_history_and_an_encrypted_file(
    receiver: Receiver, tmp_path: Path
) -> None:
    variables = {"ins_secret": KEY.decode(), "port": receiver.port}
    sent = cbw("send", "--ins", "--type", "test", "--json", cwd=tmp_path, **variables)
    assert (sent.code, sent.json["accepted"]) == (0, 1), sent.err
    sent = cbw("send", "--ins", "--simulate", 40, "--days", 20, "--json", cwd=tmp_path, **variables)
    assert (sent.code, sent.json["accepted"]) == (0, 40), sent.err
    sealed = cbw("sign", "--ins", cwd=tmp_path, typed=NOTIFICATION, **variables).out.strip().encode()
    assert receiver.request("POST", INS.path, sealed).status == 200
    bodies = receiver.bodies()
    assert (len(bodies), bodies[-1]) == (42, NOTIFICATION)
    assert json.loads(bodies[0])["receipt"] == "********"
    told = [RawDelivery(datetime.now(UTC), each.body, each.secret_id) for each in receiver.deliveries()]
    with built(told, tmp_path / "data") as store:
        counted = (
            "select status, cast(sum(delivery_count) as integer) from events group by status order by status"
        )
        assert store.connection.execute(counted).fetchall() == [
            ("mapped", 40),
            ("quarantined", 1),
            ("test", 1),
        ]
