"""Every active secret, wherever it is configured, and the one place that replaces them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cbw.errors import ConfigurationError
from ingest.secrets.files import read_secret, read_secrets, require_own_ids
from ingest.secrets.ins import load_ins_secrets
from ingest.secrets.signature import Secret, verify

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cbw.settings import Settings


class Keyring:
    """The secrets that requests are verified with.

    A reload replaces them all at once: a concurrent request sees either the old or the new ones.

    Args:
        secrets: In order of precedence: a delivery gets the id of the first that signed it.
        allow_prefix: Whether a signature may be written ``sha256=...``.
        ins_secrets: The secrets that INS encrypts with, likewise.
    """

    def __init__(
        self, secrets: Sequence[Secret], *, allow_prefix: bool = False, ins_secrets: Sequence[Secret] = ()
    ) -> None:
        self.secrets = tuple(secrets)
        self.ins_secrets = tuple(ins_secrets)
        self._allow_prefix = allow_prefix

    @classmethod
    def from_settings(cls, settings: Settings) -> Keyring:
        """Return the configured secrets of both senders; either may have none.

        Raises:
            ConfigurationError: As `load_secrets` and `load_ins_secrets` do, or neither sender has a secret.
        """
        ins_secrets = load_ins_secrets(settings)
        secrets = load_secrets(settings) if settings.has_webhook_secret or not ins_secrets else ()
        return cls(secrets, allow_prefix=settings.allow_signature_prefix, ins_secrets=ins_secrets)

    @property
    def ids(self) -> list[str]:
        """The ids of the secrets, in order."""
        return [secret.id for secret in (*self.secrets, *self.ins_secrets)]

    def replace_with(self, other: Keyring) -> None:
        """Take the secrets of another keyring into use."""
        self.secrets, self.ins_secrets = other.secrets, other.ins_secrets

    def decrypt(self, body: bytes, now: datetime) -> tuple[bytes, str]:
        """Return the plaintext of an INS notification, and the id of the secret that encrypted it.

        Raises:
            InvalidEncryptionError: As `ingest.secrets.encryption.decrypt` does.
        """
        from ingest.secrets.encryption import decrypt  # noqa: PLC0415 - only where INS is configured

        return decrypt(self.ins_secrets, body, now)

    def verify(self, body: bytes, header_values: Sequence[bytes], now: datetime) -> str:
        """Return the id of the secret that signed ``body`` and has not expired by ``now``.

        Raises:
            InvalidSignatureError: As `ingest.secrets.signature.verify` does.
        """
        return verify(self.secrets, body, header_values, now, allow_prefix=self._allow_prefix)


def current_secret(settings: Settings) -> bytes:
    """Return the current webhook secret, from the variable or the file.

    Raises:
        ConfigurationError: There is none, or the file cannot be read or is too short.
    """
    if settings.webhook_secret is not None:
        return settings.webhook_secret.get_secret_value()
    if settings.webhook_secret_file is not None:
        return read_secret(settings.webhook_secret_file)
    raise ConfigurationError(
        "CBW_WEBHOOK_SECRET is not set",
        hint="copy it from Settings, Integrations, Webhooks in Command Center: export CBW_WEBHOOK_SECRET=...",
    )


def configured_secrets(settings: Settings) -> tuple[Secret, ...]:
    """Read every configured secret: the current one, the previous one, then those of the secrets file.

    Raises:
        ConfigurationError: There is none, two have one id, or one cannot be read or is too short.
    """
    secrets = tuple(_configured(settings))
    require_own_ids(secrets, "secret", "CBW_WEBHOOK_SECRETS_FILE")
    return secrets


def load_secrets(settings: Settings) -> tuple[Secret, ...]:
    """Read every configured secret, to verify with them.

    Raises:
        ConfigurationError: As `configured_secrets` does, or all have expired.
    """
    secrets = configured_secrets(settings)
    if not any(secret.is_active(datetime.now(UTC)) for secret in secrets):
        raise ConfigurationError(
            "every webhook secret has expired", hint="add the one that Command Center shows now"
        )
    return secrets


def signing_secret(settings: Settings) -> bytes:
    """Return the secret that our own sender signs with: the first that has not expired.

    Raises:
        ConfigurationError: As `load_secrets` does.
    """
    now = datetime.now(UTC)
    return next(secret.value for secret in load_secrets(settings) if secret.is_active(now))


def _configured(settings: Settings) -> Iterator[Secret]:
    is_alone = settings.webhook_secret is None and settings.webhook_secret_file is None
    if settings.webhook_secrets_file is None or not is_alone:
        yield Secret("current", current_secret(settings))
    if settings.webhook_secret_previous is not None:
        previous = settings.webhook_secret_previous.get_secret_value()
        yield Secret("previous", previous, settings.webhook_secret_previous_until)
    if settings.webhook_secrets_file is not None:
        yield from read_secrets(settings.webhook_secrets_file)
