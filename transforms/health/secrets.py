"""Examine the secrets of both senders: present, well formed, closed to other users."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cbw.errors import ConfigurationError
from ingest.secrets.ins import WHERE, configured_ins_secrets, is_usual
from ingest.secrets.keyring import configured_secrets
from transforms.health.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cbw.settings import Settings
    from ingest.secrets.signature import Secret

PART = "secret"
OTHERS = 0o077


def examine(settings: Settings) -> Iterator[Finding]:
    """Examine every secret, and the files that hold them."""
    try:
        ins_secrets = configured_ins_secrets(settings)
        needs_webhook = settings.has_webhook_secret or not ins_secrets
        webhook_secrets = configured_secrets(settings) if needs_webhook else ()
    except ConfigurationError as exc:
        yield Finding.problem(
            PART, exc.message, exc.hint or "see Settings, Integrations, Webhooks in Command Center"
        )
        return
    secrets = (*webhook_secrets, *ins_secrets)
    findings = [finding for secret in secrets for finding in _of(secret)]
    if _are_over(webhook_secrets):
        yield Finding.problem(
            PART, "every webhook secret has expired", "add the one that Command Center shows now"
        )
    if _are_over(ins_secrets):
        yield Finding.problem(PART, "every INS secret has expired", WHERE)
    findings += [_unusual(secret) for secret in ins_secrets if not is_usual(secret)]
    places = (*settings.secret_files, settings.tls_key, Path(".env"))
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


def _are_over(secrets: Sequence[Secret]) -> bool:
    now = datetime.now(UTC)
    return bool(secrets) and not any(secret.is_active(now) for secret in secrets)


def _unusual(secret: Secret) -> Finding:
    return Finding.warning(
        PART,
        f"the {secret.id} secret is not 1 to 16 digits and capital letters",
        "compare it with the account's Advanced Tools in ClickBank",
    )


def _of_file(path: Path) -> Iterator[Finding]:
    if path.stat().st_mode & OTHERS:
        yield Finding.warning(PART, f"{path} can be read by other users", f"chmod 600 {path}")
