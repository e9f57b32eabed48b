"""The receiver speaks HTTPS by itself when it is given a certificate."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

from ingest.receiver.endpoints import COMMAND_CENTER
from ingest.secrets.signature import SIGNATURE_HEADER, sign
from tests.e2e.certificates import Certificate, make_certificate
from tests.e2e.conftest import (
    PATIENCE,
    SECRET,
    Launcher,
    Receiver,
    StartReceiver,
    free_port,
    read_answers,
    wait_until,
)
from tests.e2e.wire import BODY, post
from tests.processes import cbw
from tests.programs import needs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = needs("openssl")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory, certificate: Certificate) -> Iterator[Receiver]:
    """A receiver on every address, so that it would warn of clear text."""
    launcher = Launcher(tmp_path_factory.mktemp("secure"))
    receiver = launcher.launch(host="0.0.0.0", tls_cert=certificate.cert, tls_key=certificate.key)  # noqa: S104
    wait_until(lambda: certificate.serves(receiver.port))
    yield receiver
    launcher.stop_all()


def test_an_event_over_tls_is_stored_and_nothing_warns_of_clear_text(
    secure: Receiver, certificate: Certificate
) -> None:
    receiver = secure.from_now()
    headers = {SIGNATURE_HEADER: sign(SECRET, BODY)}
    answer = certificate.request(receiver.port, "POST", COMMAND_CENTER.path, BODY, headers)
    assert (answer.status, answer.body, receiver.bodies()) == (200, b"OK", [BODY])
    assert secure.log_lines("receiver.exposed_without_tls") == []


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_1_2_and_1_3_are_spoken(
    secure: Receiver, certificate: Certificate, version: ssl.TLSVersion
) -> None:
    context = certificate.context()
    context.minimum_version = context.maximum_version = version
    with context.wrap_socket(secure.connect(), server_hostname="localhost") as connection:
        connection.sendall(post())
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")


def test_clear_text_and_a_handshake_that_never_comes_end_without_an_answer(
    secure: Receiver, certificate: Certificate
) -> None:
    receiver = secure.from_now()
    with receiver.connect() as silent, receiver.connect() as plain:
        plain.sendall(post())
        assert b"HTTP" not in plain.recv(65536)
        assert certificate.serves(receiver.port)
        assert silent.recv(65536) == b""
    assert receiver.bodies() == []


def test_the_limits_hold_inside_tls_too(secure: Receiver, certificate: Certificate) -> None:
    with certificate.context().wrap_socket(secure.connect(), server_hostname="localhost") as connection:
        connection.sendall(post(b"", framing=b"Content-Length: 1048577\r\n", close=False))
        assert [answer.status for answer in read_answers(connection)] == [413]


def test_the_command_takes_the_certificate_as_options_and_names_its_fault(
    tmp_path: Path, certificate: Certificate
) -> None:
    other = make_certificate(tmp_path, "other")
    where = {"data_dir": tmp_path / "data", "port": free_port()}
    done = cbw("receive", "--tls-cert", certificate.cert, "--tls-key", other.key, cwd=tmp_path, **where)
    assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert "are no certificate and its key: KEY_VALUES_MISMATCH" in done.err


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"tls_cert": "missing.pem", "tls_key": "missing.pem"}, "missing.pem cannot be read: No such file"),
        ({"tls_cert": "junk.pem", "tls_key": "junk.pem"}, "junk.pem are no certificate and its key"),
        ({"tls_cert": "junk.pem"}, "CBW_TLS_CERT and CBW_TLS_KEY belong together"),
    ],
)
def test_a_certificate_that_cannot_serve_is_one_clear_line(
    launch: StartReceiver, tmp_path: Path, settings: dict[str, str], line: str
) -> None:
    (tmp_path / "junk.pem").write_text("not a certificate", encoding="ascii")
    refused = launch(**settings)
    assert refused.process.wait(PATIENCE) == 2
    [written] = refused.log().splitlines()
    assert line in written
