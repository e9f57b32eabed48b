"""The list of erased people: digests of their e-mail addresses, by which a redelivered body is still recognised."""

from __future__ import annotations

import hmac
import secrets
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from cbw.errors import ConfigurationError
from transforms.store.addresses import whole_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import duckdb

COLUMNS = ("requested_at", "completed_at", "salt", "request_digest", "bodies", "deliveries")
SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class ErasureList:
    """Addresses that were erased.

    Attributes:
        digests: For each salt (hex), the digests made with it.
    """

    digests: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Self:
        """Make a list of salts and digests."""
        by_salt: dict[str, set[str]] = defaultdict(set)
        for salt, request_digest in pairs:
            by_salt[salt].add(request_digest)
        return cls({salt: frozenset(digests) for salt, digests in by_salt.items()})

    @classmethod
    def read(cls, connection: duckdb.DuckDBPyConnection) -> Self:
        """Return the list in ``events.erasures``."""
        return cls.of(
            connection.execute("select distinct salt, request_digest from events.erasures").fetchall()
        )

    def __bool__(self) -> bool:
        return bool(self.digests)

    def holds(self, address: str) -> bool:
        """Tell whether a normalised address was erased."""
        return any(digest_of(address, salt) in digests for salt, digests in self.digests.items())


def checked_address(text: str) -> str:
    """Return a typed address, normalised.

    Raises:
        ConfigurationError: The text as a whole is no address.
    """
    address = whole_address(text)
    if address is None:
        raise ConfigurationError("--email: that is no e-mail address", hint="for example ada@example.com")
    return address


def digest_of(address: str, salt: str) -> str:
    """Return the keyed digest of a normalised address, hex."""
    return hmac.digest(bytes.fromhex(salt), address.encode(), "sha256").hex()


def salt_of(connection: duckdb.DuckDBPyConnection) -> str:
    """Return this installation's salt; a new one for its first erasure. One salt gives one digest for each address."""
    row = connection.execute("select min(salt) from events.erasures").fetchone()
    return str(row[0]) if row and row[0] else secrets.token_hex(SALT_BYTES)


def as_plain(connection: duckdb.DuckDBPyConnection) -> tuple[dict[str, Any], ...]:
    """Return the rows of ``events.erasures`` as plain values, for the archive's manifest."""
    rows = connection.execute(
        "select requested_at::varchar, completed_at::varchar, salt, request_digest, bodies, deliveries "
        "from events.erasures order by requested_at, request_digest"
    ).fetchall()
    return tuple(dict(zip(COLUMNS, row, strict=True)) for row in rows)


def restore_erasures(connection: duckdb.DuckDBPyConnection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write the rows that `as_plain` returned; the caller owns the transaction."""
    for row in rows:
        connection.execute(
            "insert into events.erasures values (?::timestamptz, ?::timestamptz, ?, ?, ?, ?)",
            [row[name] for name in COLUMNS],
        )
