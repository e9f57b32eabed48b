"""The refusal of a body that no secret of ours proves."""

from __future__ import annotations

from cbw.errors import CbwError


class NotAuthenticError(CbwError):
    """No secret proves that a body comes from its sender.

    Args:
        message: For the operator.
        reason: A short stable word for logs and metrics; the sender gets the same text for each.
    """

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason
