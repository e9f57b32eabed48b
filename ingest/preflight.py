"""What must hold before anything serves: the data directory is ours and known to us, the addresses are free."""

from __future__ import annotations

import fcntl
import os
import resource
import socket
import sqlite3
import ssl
from contextlib import closing
from ipaddress import ip_address
from typing import TYPE_CHECKING

from ingest.damage import is_damage
from ingest.durable import sync
from ingest.errors import AlreadyServedError, ConfigurationError, InboxUnavailableError
from ingest.inbox_file import open_for_reading, schema_version
from ingest.inbox_reader import list_inboxes

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.settings import Settings


def hold_data_dir(settings: Settings) -> int:
    """Lock the data directory for the life of this process, and return the lock's descriptor.

    Raises:
        ConfigurationError: The directory cannot be written.
        AlreadyServedError: Another receiver works on it.
    """
    try:
        _make_durably(settings)
        fd = _open_lock(settings.data_dir / "receiver.lock")
    except OSError as exc:
        raise ConfigurationError(
            f"CBW_DATA_DIR: {settings.data_dir} cannot be written: {exc.strerror}",
            hint="name a directory that this user may write",
        ) from exc
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        os.close(fd)
        raise AlreadyServedError(
            f"another receiver already works on {settings.data_dir}",
            hint="stop it, or give this one a CBW_DATA_DIR of its own",
        ) from exc
    return fd


def _make_durably(settings: Settings) -> None:
    """Make the directories so that a power cut takes neither them nor, with them, what is stored below."""
    is_new = not settings.data_dir.exists()
    settings.inbox_dir.mkdir(parents=True, exist_ok=True)
    sync(settings.data_dir)
    if is_new:
        sync(settings.data_dir.absolute().parent)


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def refuse_unusable_inboxes(settings: Settings) -> None:
    """Look at every inbox before a worker claims one, which could tell nobody why it does not start.

    Raises:
        ConfigurationError: A newer release wrote it, or the directory cannot be written. A damaged one is no reason
            to refuse: a worker replaces it.
    """
    try:
        os.close(_open_lock(settings.inbox_dir / "inbox-00.lock"))
    except OSError as exc:
        raise ConfigurationError(
            f"CBW_DATA_DIR: {settings.inbox_dir} cannot be written: {exc.strerror}",
            hint="make it writable for this user",
        ) from exc
    for path in list_inboxes(settings.inbox_dir):
        try:
            with closing(open_for_reading(path)) as connection:
                schema_version(connection)
        except InboxUnavailableError as exc:
            raise ConfigurationError(f"{path}: {exc.message}", hint=exc.hint) from exc
        except sqlite3.DatabaseError as exc:
            if not is_damage(exc):
                raise


def free_address(host: str, port: int, *, variables: tuple[str, str] = ("CBW_HOST", "CBW_PORT")) -> str:
    """Return the numeric address of ``host``, once it is known that nobody listens there.

    Granian shares its port among the workers, and would share it with a stranger's process as well.

    Args:
        host: A name or an address.
        port: A port.
        variables: What they are called where the operator set them.

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
            hint=f"stop what listens there, or choose another port: {variables[1]}={port + 1}",
        ) from exc
    return str(where[0])


def admin_address(settings: Settings) -> str:
    """Return the numeric address that the admin listener will bind.

    Raises:
        ConfigurationError: It is taken or not ours, or strangers could reach it and there is no token.
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
        ConfigurationError: They cannot, or do not.
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
    """Answer for a key with a password, which OpenSSL would ask the terminal for."""
    return ""


def allow_open_files(count: int) -> None:
    """Raise this process's soft limit of open files to ``count``, as far as the hard limit lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
