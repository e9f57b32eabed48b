"""The addresses and the certificate of a listening process, checked before it starts."""

from __future__ import annotations

import socket
import ssl
from ipaddress import ip_address
from typing import TYPE_CHECKING

from cbw.errors import ConfigurationError

if TYPE_CHECKING:
    from cbw.settings import Settings


def free_address(host: str, port: int, *, variables: tuple[str, str] = ("CBW_HOST", "CBW_PORT")) -> str:
    """Return the numeric address of ``host``, after checking that nobody listens there.

    Granian shares its port among the workers, and would share it with a stranger's process as well.

    Args:
        host: A name or an address.
        port: A port.
        variables: The operator's names for them.

    Raises:
        ConfigurationError: The host is not an address of this machine, or the port is taken.
    """
    try:
        family, kind, proto, _, where = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, proto) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except OSError as exc:
        raise ConfigurationError(
            f"{', '.join(variables)}: cannot listen on {host} port {port}: {exc.strerror}",
            hint=f"stop the process that listens there, or choose another port: {variables[1]}={port + 1}",
        ) from exc
    return str(where[0])


def admin_address(settings: Settings) -> str:
    """Return the numeric address that the admin listener will bind.

    Raises:
        ConfigurationError: It is taken or not ours, or other machines can reach it and there is no token.
    """
    address = free_address(
        settings.admin_host, settings.admin_port, variables=("CBW_ADMIN_HOST", "CBW_ADMIN_PORT")
    )
    if not ip_address(address).is_loopback and settings.admin_token is None:
        raise ConfigurationError(
            f"CBW_ADMIN_HOST: {settings.admin_host} can be reached by others, and there is no CBW_ADMIN_TOKEN",
            hint="set one: export CBW_ADMIN_TOKEN=$(openssl rand -hex 16); or bind 127.0.0.1",
        )
    return address


def check_certificate(settings: Settings) -> None:
    """Check that the certificate and its key can be read and belong together, if there are any.

    Raises:
        ConfigurationError: They cannot be read, or do not belong together.
    """
    if settings.tls_cert is None or settings.tls_key is None:
        return
    pair = f"CBW_TLS_CERT, CBW_TLS_KEY: {settings.tls_cert} and {settings.tls_key}"
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            settings.tls_cert, settings.tls_key, _no_password
        )
    except ssl.SSLError as exc:
        raise ConfigurationError(
            f"{pair} are no certificate and its key: {exc.reason or exc}",
            hint="PEM files, the certificate followed by its chain, the key without a password",
        ) from exc
    except OSError as exc:
        raise ConfigurationError(
            f"{pair} cannot be read: {exc.strerror}", hint="name files that this user may read"
        ) from exc


def _no_password() -> str:
    """Give an empty password, so that OpenSSL does not prompt for the password of an encrypted key."""
    return ""
