"""The configured secrets of ClickBank's Instant Notification Service (INS), one per account.

The library `cryptography` is imported only where one is configured: it takes time and memory that others can save.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cbw.errors import ConfigurationError
from cbw.logs import Logger
from ingest.secrets.files import read_secret, read_secrets, require_own_ids
from ingest.secrets.signature import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbw.settings import Settings

ID_PREFIX = "ins:"
"""Begins the id of every INS secret. No id of another secret holds a colon: `secret_id` tells a delivery's source."""
CURRENT = f"{ID_PREFIX}current"
WHERE = "copy the secret key of Vendor Settings, My Site, Advanced Tools in ClickBank"

_USUAL = re.compile(rb"[0-9A-Z]{1,16}")

log = Logger(__name__)


def is_usual(secret: Secret) -> bool:
    """Return whether a secret looks as ClickBank lets an account choose it: up to 16 digits and capital letters."""
    return _USUAL.fullmatch(secret.value) is not None


def configured_ins_secrets(settings: Settings) -> tuple[Secret, ...]:
    """Read every configured INS secret: the one of the variable or the file, then those of the secrets file.

    Raises:
        ConfigurationError: Two have one nickname, one cannot be read or is empty, or `cryptography` is missing.
    """
    if not settings.has_ins_secret:
        return ()
    _require_cryptography()
    secrets = tuple(_configured(settings))
    require_own_ids(secrets, "INS secret", "CBW_INS_SECRETS_FILE")
    return secrets


def load_ins_secrets(settings: Settings) -> tuple[Secret, ...]:
    """Read every configured INS secret, to decrypt with them; none where INS is not configured.

    Raises:
        ConfigurationError: As `configured_ins_secrets` does, or all have expired.
    """
    secrets = configured_ins_secrets(settings)
    now = datetime.now(UTC)
    if secrets and not any(secret.is_active(now) for secret in secrets):
        raise ConfigurationError("every INS secret has expired", hint=WHERE)
    for secret in secrets:
        if not is_usual(secret):
            log.warning(
                "settings.ins_secret_unusual", id=secret.id, usual="1 to 16 digits and capital letters"
            )
    return secrets


def encrypting_secret(settings: Settings) -> bytes:
    """Return the secret that our own sender encrypts with: the first that has not expired.

    Raises:
        ConfigurationError: As `load_ins_secrets` does, or there is none.
    """
    now = datetime.now(UTC)
    for secret in load_ins_secrets(settings):
        if secret.is_active(now):
            return secret.value
    raise ConfigurationError("CBW_INS_SECRET is not set", hint=WHERE)


def _configured(settings: Settings) -> Iterator[Secret]:
    if settings.ins_secret is not None:
        yield Secret(CURRENT, _without_line_end(settings.ins_secret.get_secret_value()))
    if settings.ins_secret_file is not None:
        yield Secret(CURRENT, read_secret(settings.ins_secret_file, "CBW_INS_SECRET_FILE", least=1))
    if settings.ins_secrets_file is not None:
        for secret in read_secrets(settings.ins_secrets_file, "CBW_INS_SECRETS_FILE", least=1):
            yield Secret(ID_PREFIX + secret.id, secret.value, secret.expires_at)


def _without_line_end(secret: bytes) -> bytes:
    stripped = secret.rstrip(b"\r\n")
    if stripped != secret:
        log.warning("settings.secret_newline_stripped", variable="CBW_INS_SECRET")
    return stripped


def _require_cryptography() -> None:
    try:
        import ingest.secrets.encryption  # noqa: F401, PLC0415 - only where INS is configured
    except ModuleNotFoundError as exc:
        raise ConfigurationError(
            "CBW_INS_SECRET needs the library cryptography",
            hint="pip install 'clickbank-warehouse[ins]', or leave INS off",
        ) from exc
