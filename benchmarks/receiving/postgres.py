"""Run a private PostgreSQL cluster from Debian's package, with its default durability, for one benchmark."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSIONS = Path("/usr/lib/postgresql")


def program(name: str) -> str | None:
    """Return the path of one of PostgreSQL's programs; None when it is not installed."""
    packaged = sorted(VERSIONS.glob(f"*/bin/{name}"))
    return str(packaged[-1]) if packaged else shutil.which(name)


@contextmanager
def cluster(directory: Path) -> Iterator[str]:
    """Create and start a cluster, and yield its connection string; it listens on a socket in ``directory`` alone.

    PostgreSQL refuses to run as root, so that root starts it as the package's user.

    Raises:
        FileNotFoundError: PostgreSQL is not installed.
    """
    initdb, pg_ctl = program("initdb"), program("pg_ctl")
    if initdb is None or pg_ctl is None:
        raise FileNotFoundError("PostgreSQL is not installed: apt-get install postgresql")
    directory.mkdir()
    user = _user()
    if os.geteuid() == 0:
        shutil.chown(directory, user)
        directory.parent.chmod(0o711)
    data = directory / "data"
    _run([initdb, "-D", str(data), "-U", "bench", "--auth", "trust", "--no-instructions"], user)
    options = f"-k {directory} -c listen_addresses='' -c max_connections=200"
    _run([pg_ctl, "-D", str(data), "-l", str(directory / "log"), "-o", options, "-w", "start"], user)
    try:
        yield f"host={directory} user=bench dbname=postgres"
    finally:
        _run([pg_ctl, "-D", str(data), "-m", "immediate", "-w", "stop"], user)


def _user() -> str:
    return "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


def _run(command: list[str], user: str) -> None:
    subprocess.run(
        command, user=user if os.geteuid() == 0 else None, check=True, stdout=subprocess.DEVNULL, cwd="/"
    )
