"""The exceptions that an operator can see.

::

    CbwError               every error this project raises on purpose; has a hint
    ├── ConfigurationError the operator's setting or command line is wrong (exit 2)
    ├── AlreadyServedError another process holds the data directory (exit 2)
    ├── MovedError         the data directory was moved away or replaced under the process (exit 3)
    ├── InboxUnavailableError  an event cannot be stored now (HTTP 503)
    └── WarehouseError     the warehouse cannot be built, published or read (exit 1)
"""

from __future__ import annotations


class CbwError(Exception):
    """An error with one sentence about its cause, and one with a remedy.

    Args:
        message: The thing that is wrong, and the reason.
        hint: The operator's remedy; empty when the message suffices.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class ConfigurationError(CbwError):
    """A setting, an argument or the environment of the process is wrong."""

    exit_code = 2


class AlreadyServedError(ConfigurationError):
    """Another process of the same kind already works on this data directory."""


class MovedError(CbwError):
    """The data directory of this process was moved away, deleted or replaced: nothing more may be written."""

    exit_code = 3


class InboxUnavailableError(CbwError):
    """The inbox cannot store a delivery now; the sender gets 503.

    Args:
        cause: A short stable word for metrics and readiness: ``queue_full``, ``timeout``, ``draining``, ``storage``.
    """

    def __init__(self, message: str, *, cause: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.cause = cause


class WarehouseError(CbwError):
    """The warehouse cannot be built, published or read."""
