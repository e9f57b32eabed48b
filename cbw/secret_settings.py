"""The settings that name secrets: of Command Center, which signs, and of INS, which encrypts."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - pydantic reads the annotation when the class is made
from pathlib import Path  # noqa: TC003 - likewise
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretBytes, field_validator, model_validator

MIN_SECRET_BYTES = 16


class SecretSettings(BaseModel):
    """The part of the settings that decides who is believed."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, validate_default=True)

    webhook_secret: SecretBytes | None = Field(
        None,
        description="The secret shown by Command Center; at least 16 bytes. The receiver needs it or a key of INS.",
        examples=["the-secret-from-command-center"],
    )
    webhook_secret_file: Path | None = Field(
        None,
        description="A file that holds the secret, instead of CBW_WEBHOOK_SECRET.",
        examples=["/run/secrets/cbw"],
    )
    webhook_secret_previous: SecretBytes | None = Field(
        None,
        description="The secret before a rotation, still accepted next to the new one.",
        examples=["the-secret-before-rotation"],
    )
    webhook_secret_previous_until: datetime | None = Field(
        None,
        description="When the previous secret stops being accepted (ISO 8601 with an offset).",
        examples=["2026-12-31T00:00:00+00:00"],
    )
    webhook_secrets_file: Path | None = Field(
        None,
        description="A file of further secrets, one `id secret [until]` a line; read again when it changes.",
        examples=["/etc/cbw/secrets"],
    )
    ins_secret: SecretBytes | None = Field(
        None,
        description="The secret key of ClickBank's Instant Notification Service: switches `/ins/clickbank` on.",
        examples=["THESECRETKEY"],
    )
    ins_secret_file: Path | None = Field(
        None,
        description="A file that holds it, instead of CBW_INS_SECRET.",
        examples=["/run/secrets/cbw-ins"],
    )
    ins_secrets_file: Path | None = Field(
        None,
        description="A file of INS keys, one `nickname secret [until]` a line; read again when it changes.",
        examples=["/etc/cbw/ins-secrets"],
    )
    allow_signature_prefix: bool = Field(
        False, description="Whether `sha256=` may stand before the signature's digits.", examples=["true"]
    )

    @field_validator("webhook_secret_previous_until")
    @classmethod
    def _aware(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("must carry an offset, such as +00:00")
        return value

    @field_validator("webhook_secret", "webhook_secret_previous")
    @classmethod
    def _long_enough(cls, value: SecretBytes | None) -> SecretBytes | None:
        if value is not None and len(value.get_secret_value()) < MIN_SECRET_BYTES:
            raise ValueError(
                f"is {len(value.get_secret_value())} bytes long; a secret needs at least {MIN_SECRET_BYTES}"
            )
        return value

    @field_validator("ins_secret")
    @classmethod
    def _some_key(cls, value: SecretBytes | None) -> SecretBytes | None:
        if value is not None and not value.get_secret_value().strip():
            raise ValueError("is empty; leave it out to switch INS off")
        return value

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.webhook_secret is not None and self.webhook_secret_file is not None:
            raise ValueError("CBW_WEBHOOK_SECRET and CBW_WEBHOOK_SECRET_FILE are both set; keep one")
        if self.ins_secret is not None and self.ins_secret_file is not None:
            raise ValueError("CBW_INS_SECRET and CBW_INS_SECRET_FILE are both set; keep one")
        return self

    @property
    def has_webhook_secret(self) -> bool:
        """Whether any secret of Command Center is configured."""
        secrets = (self.webhook_secret, self.webhook_secret_previous)
        files = (self.webhook_secret_file, self.webhook_secrets_file)
        return any(part is not None for part in (*secrets, *files))

    @property
    def has_ins_secret(self) -> bool:
        """Whether any key of INS is configured."""
        parts = (self.ins_secret, self.ins_secret_file, self.ins_secrets_file)
        return any(part is not None for part in parts)

    @property
    def secret_files(self) -> list[Path]:
        """Every configured file of secrets, of either sender."""
        files = (
            self.webhook_secret_file, self.webhook_secrets_file, self.ins_secret_file, self.ins_secrets_file
        )  # fmt: skip
        return [path for path in files if path is not None]
