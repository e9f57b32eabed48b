"""Examine the webhook secrets: present, well formed, closed to other users."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cbw.errors import ConfigurationError
from ingest.secrets.keyring import configured_secrets
from transforms.health.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbw.settings import Settings
    from ingest.secrets.signature import Secret

PART = "secret"
OTHERS = 0o077


def examine(settings: Settings) -> Iterator[Finding]:
    """Examine every secret, and the files that hold them."""
    try:
        secrets = configured_secrets(settings)
    except ConfigurationError as exc:
        yield Finding.problem(
            PART, exc.message, exc.hint or "see Settings, Integrations, Webhooks in Command Center"
        )
        return
    findings = [finding for secret in secrets for finding in _of(secret)]
    if not any(secret.is_active(datetime.now(UTC)) for secret in secrets):
        yield Finding.problem(
            PART, "every webhook secret has expired", "add the one that Command Center shows now"
        )
    places = (settings.webhook_secret_file, settings.webhook_secrets_file, settings.tls_key, Path(".env"))
    files = [path for path in places if path is not None and path.exists()]
    findings += [finding for path in files for finding in _of_file(path)]
    yield from findings or [
        Finding.ok(PART, f"{len(secrets)} configured: {', '.join(secret.id for secret in secrets)}")
    ]


def _of(secret: Secret) -> Iterator[Finding]:
    if secret.value.strip() != secret.value or secret.value.strip(b"\"'") != secret.value:
        yield Finding.warning(
            PART,
            f"the {secret.id} secret has white space or quotes around it",
            "keep only what Command Center shows",
        )
    if not secret.is_active(datetime.now(UTC)):
        yield Finding.warning(
            PART,
            f"the {secret.id} secret has expired and is no longer accepted",
            "remove it",
        )
    elif secret.id == "previous" and secret.expires_at is None:
        yield Finding.warning(
            PART,
            f"the {secret.id} secret is accepted for ever",
            "end the rotation: set CBW_WEBHOOK_SECRET_PREVIOUS_UNTIL, or remove it",
        )


def _of_file(path: Path) -> Iterator[Finding]:
    if path.stat().st_mode & OTHERS:
        yield Finding.warning(PART, f"{path} can be read by other users", f"chmod 600 {path}")
