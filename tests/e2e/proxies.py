"""Runs Caddy and nginx with the shipped configurations, this machine's ports and a certificate of our own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.receiver.endpoints import COMMAND_CENTER
from ingest.secrets.signature import SIGNATURE_HEADER, sign
from tests.e2e.conftest import PATIENCE, SECRET, Answer, Receiver, free_port, wait_until
from tests.e2e.wire import BODY
from tests.programs import program

if TYPE_CHECKING:
    import ssl

    from tests.e2e.certificates import Certificate

DEPLOY = Path(__file__).parents[2] / "deploy"
FRAME = (
    "user root; daemon off; pid {d}/nginx.pid; error_log stderr; events {{}} "
    "http {{ access_log off; {paths} {conf} }}"
)
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def status_of(connection: ssl.SSLSocket) -> int | None:
    """Return the status that comes before the connection ends; None when it ends without one.

    Go's own refusals have no length, so the bytes after them are no second answer.
    """
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return int(received.split()[1]) if received else None


def caddyfile(port: int, upstream: int, certificate: Certificate) -> str:
    return _filled(
        DEPLOY / "Caddyfile",
        {
            "webhooks.example.com {": f"https://localhost:{port} {{",
            "\nhttps:// {": f"\nhttps://:{port} {{",
            "# tls /etc/cbw/fullchain.pem /etc/cbw/key.pem": f"tls {certificate.cert} {certificate.key}",
            "127.0.0.1:8400": f"127.0.0.1:{upstream}",
        },
    )


def nginx_conf(port: int, upstream: int, certificate: Certificate) -> str:
    return _filled(
        DEPLOY / "nginx.conf",
        {
            "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
            "listen [::]:443 ssl": f"listen [::1]:{port} ssl",
            "server_name webhooks.example.com": "server_name localhost",
            "/etc/cbw/fullchain.pem": str(certificate.cert),
            "/etc/cbw/key.pem": str(certificate.key),
            "server 127.0.0.1:8400": f"server 127.0.0.1:{upstream}",
        },
    )


def _filled(path: Path, values: dict[str, str]) -> str:
    """Return a shipped file with this machine's values, each of which must have its place in it."""
    text = path.read_text(encoding="utf-8")
    for placeholder, value in values.items():
        assert text.count(placeholder) == 1, placeholder
        text = text.replace(placeholder, value)
    return text


@dataclass
class Proxy:
    """One running proxy, and the receiver behind it."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    certificate: Certificate
    receiver: Receiver

    def post(self, body: bytes = BODY, *, path: str = COMMAND_CENTER.path, **how: str) -> Answer:
        headers = {SIGNATURE_HEADER: sign(SECRET, body)}
        return self.certificate.request(self.port, "POST", path, body, headers, **how)

    def connect(self, address: str = "127.0.0.1") -> ssl.SSLSocket:
        plain = socket.create_connection((address, self.port), timeout=PATIENCE)
        return self.certificate.context().wrap_socket(plain, server_hostname="localhost")

    def raw(self, request: bytes, address: str = "127.0.0.1") -> int | None:
        """Write bytes as they are over TLS, and return the status of the answer."""
        with self.connect(address) as connection:
            connection.sendall(request)
            return status_of(connection)

    def stored(self) -> list[tuple[bytes, str | None]]:
        return [(delivery.body, delivery.peer) for delivery in self.receiver.deliveries()]


def start_proxy(
    name: str, directory: Path, receiver: Receiver, certificate: Certificate, upstream: int
) -> Proxy:
    port = free_port()
    text = (caddyfile if name == "caddy" else nginx_conf)(port, upstream, certificate)
    proxy = Proxy(name, run(name, directory, text), port, certificate, receiver)
    wait_until(lambda: _is_up(proxy, directory / "log"))
    return proxy


def run(name: str, directory: Path, text: str) -> subprocess.Popen[bytes]:
    """Run the real program with a configuration, its files and its log in ``directory``."""
    directory.mkdir(exist_ok=True)
    path = directory / "configuration"
    if name == "nginx":
        paths = " ".join(f"{kind}_temp_path {directory}/{kind};" for kind in TEMPORARY)
        text = FRAME.format(d=directory, paths=paths, conf=text)
    path.write_text(text, encoding="utf-8")
    caddy = ["caddy", "run", "--config", str(path), "--adapter", "caddyfile"]
    command = caddy if name == "caddy" else ["nginx", "-p", str(directory), "-c", str(path)]
    environment = {"HOME": str(directory), "PATH": os.environ["PATH"]}
    with (directory / "log").open("wb") as log:
        return subprocess.Popen([program(command[0]), *command[1:]], env=environment, stdout=log, stderr=log)


def _is_up(proxy: Proxy, log_path: Path) -> bool:
    assert proxy.process.poll() is None, log_path.read_text(encoding="utf-8")
    try:
        return proxy.certificate.request(proxy.port, "GET", "/").status == 404
    except OSError:
        return False


def stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(PATIENCE)
