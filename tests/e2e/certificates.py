"""A certificate of our own for the loopback addresses, and clients that trust it."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from http.client import HTTPSConnection
from typing import TYPE_CHECKING

from tests.e2e.conftest import PATIENCE, Answer, read_answer

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Certificate:
    cert: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.cert))

    def request(
        self,
        port: int,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        *,
        host: str = "localhost",
        source: str | None = None,
    ) -> Answer:
        """Ask over TLS, from the loopback address ``source`` if there is one."""
        connection = HTTPSConnection(
            host,
            port,
            timeout=PATIENCE,
            context=self.context(),
            source_address=None if source is None else (source, 0),
        )
        try:
            connection.request(method, path, body, headers or {})
            return read_answer(connection.getresponse())
        finally:
            connection.close()

    def serves(self, port: int) -> bool:
        try:
            return self.request(port, "GET", "/healthz").status == 200
        except OSError:
            return False


def make_certificate(directory: Path, name: str = "cert") -> Certificate:
    made = Certificate(directory / f"{name}.pem", directory / f"{name}-key.pem")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *(
                "-days",
                "2",
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1",
            ),
            *("-keyout", str(made.key), "-out", str(made.cert)),
        ],
        check=True,
        capture_output=True,
    )
    return made
