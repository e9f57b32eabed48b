"""Every setting, typed and validated: ``CBW_*`` environment variables, a ``.env`` file, or a secret file."""

from __future__ import annotations

import os
import re
import zoneinfo
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator

from cbw.data_dir import ARCHIVE, INBOXES, WAREHOUSE
from cbw.errors import ConfigurationError
from cbw.memory_size import bytes_of
from cbw.secret_settings import MIN_SECRET_BYTES, SecretSettings

ENV_PREFIX = "CBW_"
# Below it, DuckDB has no room for the largest query of a build, however few events there are.
LEAST_MEMORY = 300_000_000
# Below it DuckDB keeps no memory for the next refresh, which then takes longer.
MEMORY_TO_SPARE = 500_000_000


class Settings(SecretSettings):
    """The operator's settings; each field is the variable ``CBW_<FIELD NAME>``."""

    data_dir: Path = Field(
        Path("data"), description="Where every file of the warehouse lives.", examples=["./data"]
    )
    host: str = Field(
        "127.0.0.1", description="The address the receiver binds.", examples=["127.0.0.1"], min_length=1
    )
    port: int = Field(8400, description="The public port of the receiver.", examples=["8400"], ge=1, le=65535)
    workers: int = Field(
        1, description="Receiver processes; each owns an inbox file of its own.", examples=["2"], ge=1, le=64
    )
    admin_host: str = Field(
        "127.0.0.1",
        description="The address the admin listener binds; any but a loopback address needs CBW_ADMIN_TOKEN.",
        examples=["127.0.0.1"],
        min_length=1,
    )
    admin_port: int = Field(8401, description="Its port.", examples=["8401"], ge=1, le=65535)
    admin_token: SecretStr | None = Field(
        None,
        description="The token that a person or Prometheus sends to the admin listener; at least 16 characters.",
        examples=["the-output-of-openssl-rand-hex-16"],
    )
    timezone: str = Field(
        "America/Los_Angeles", description="The zone of every _date column.", examples=["America/Los_Angeles"]
    )
    refresh_seconds: float = Field(
        1.0,
        description="Least seconds between two refreshes that bring something; stretched when one takes longer.",
        examples=["1"],
        ge=0.1,
        le=86400,
    )
    nightly_at: str = Field(
        "02:00",
        description="The time of day, in that zone, at which the nightly job begins.",
        examples=["02:00"],
    )
    max_body_bytes: int = Field(
        1024 * 1024, description="The largest body accepted; a larger one gets 413.", examples=["1048576"],
        ge=1024, le=64 * 1024 * 1024,
    )  # fmt: skip
    allowed_ips: tuple[str, ...] = Field(
        (), description="CIDR blocks that may send webhooks, comma-separated; empty means all.",
        examples=["203.0.113.0/24,2001:db8::/32"],
    )  # fmt: skip
    trusted_proxies: tuple[str, ...] = Field(
        (), description="CIDR blocks of proxies whose X-Forwarded-For is believed, comma-separated.",
        examples=["127.0.0.1/32"],
    )  # fmt: skip
    tls_cert: Path | None = Field(
        None,
        description="A PEM file of the certificate and its chain: the receiver speaks HTTPS itself.",
        examples=["/etc/cbw/fullchain.pem"],
    )
    tls_key: Path | None = Field(
        None, description="The PEM file of the certificate's key.", examples=["/etc/cbw/key.pem"]
    )
    memory_limit: str = Field(
        "1GB",
        description="DuckDB's memory; the pipeline process takes another 250 to 700 MB, and DuckDB spills the rest.",
        examples=["1GB"],
    )
    inbox_retention_days: float = Field(
        7,
        description="Days for which an inbox keeps deliveries that are loaded and archived.",
        examples=["7"],
        ge=0,
        le=3650,
    )

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in _time_zones():
            raise ValueError("is not a time zone of the tz database")
        return value

    @field_validator("nightly_at")
    @classmethod
    def _time_of_day(cls, value: str) -> str:
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
            raise ValueError("must be a time of day, HH:MM from 00:00 to 23:59")
        return value

    @field_validator("memory_limit")
    @classmethod
    def _memory(cls, value: str) -> str:
        if bytes_of(value) < LEAST_MEMORY:
            raise ValueError(f"must be at least {LEAST_MEMORY // 10**6}MB, which building the tables takes")
        return value

    @field_validator("allowed_ips", "trusted_proxies", mode="before")
    @classmethod
    def _networks(cls, value: Any) -> Any:
        parts = [part.strip() for part in value.split(",")] if isinstance(value, str) else list(value)
        kept = tuple(part for part in parts if part)
        for part in kept:
            try:
                ip_network(part, strict=False)
            except ValueError as exc:
                raise ValueError(f"holds {part!r}, which is not an address or CIDR block") from exc
        return kept

    @field_validator("admin_token")
    @classmethod
    def _hard_to_guess(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < MIN_SECRET_BYTES:
            raise ValueError(f"needs at least {MIN_SECRET_BYTES} characters")
        return value

    @model_validator(mode="after")
    def _both_of_tls(self) -> Settings:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("CBW_TLS_CERT and CBW_TLS_KEY belong together; set both or neither")
        return self

    @property
    def inbox_dir(self) -> Path:
        """Where the receiver's SQLite inboxes live."""
        return self.data_dir / INBOXES

    @property
    def archive_dir(self) -> Path:
        """Where sealed copies of raw events live."""
        return self.data_dir / ARCHIVE / "events"

    @property
    def warehouse_path(self) -> Path:
        """The symlink that readers open."""
        return self.data_dir / WAREHOUSE

    @property
    def memory_limit_bytes(self) -> int:
        """`memory_limit` in bytes."""
        return bytes_of(self.memory_limit)

    @property
    def has_memory_to_spare(self) -> bool:
        """Whether memory may be kept to save time."""
        return self.memory_limit_bytes >= MEMORY_TO_SPARE


def load_settings(**overrides: Any) -> Settings:
    """Read the environment (and ``.env``), with ``overrides`` from the command line on top.

    Args:
        overrides: Field values; those that are None are left to the environment. A secret that is given also
            replaces the environment's secret files.

    Raises:
        ConfigurationError: One line that names the variable, its fault, and an example.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    if "webhook_secret" in given:
        given["webhook_secret_file"] = given["webhook_secrets_file"] = None
    try:
        return Settings(**(_from_environment() | given))
    except ValidationError as exc:
        raise ConfigurationError(_one_line(exc)) from exc
    except UnicodeDecodeError as exc:
        raise ConfigurationError(".env is not UTF-8 text", hint="save it as UTF-8") from exc


def _from_environment() -> dict[str, str]:
    """Return the text of each setting in the environment, else in ``.env``; names may be in either case."""
    # pydantic-settings would add half of pydantic's import time for this.
    texts: dict[str, str | None] = {}
    if (file := Path(".env")).is_file():
        from dotenv import dotenv_values  # noqa: PLC0415 - few installations have one

        texts = {name.lower(): text for name, text in dotenv_values(file, encoding="utf-8").items()}
    texts |= {name.lower(): text for name, text in os.environ.items()}
    found = {name: texts.get(f"{ENV_PREFIX}{name}".lower()) for name in Settings.model_fields}
    return {name: text for name, text in found.items() if text is not None}


@cache
def _time_zones() -> set[str]:
    """Return the names of the tz database, for which the interpreter walks through all of its files."""
    return zoneinfo.available_timezones()


def _one_line(error: ValidationError) -> str:
    first = error.errors()[0]
    message = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:
        return message
    name = str(first["loc"][0])
    examples = Settings.model_fields[name].examples or []
    example = f"; for example {ENV_PREFIX}{name.upper()}={examples[0]}" if examples else ""
    return f"{ENV_PREFIX}{name.upper()}: {message[0].lower()}{message[1:]}{example}"


def unknown_variables() -> list[str]:
    """Return the names in the environment that start like a setting but are none, so that a typing error shows."""
    known = {f"{ENV_PREFIX}{name.upper()}" for name in Settings.model_fields}
    return sorted(name for name in os.environ if name.startswith(ENV_PREFIX) and name not in known)
