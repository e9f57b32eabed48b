"""A finding of the doctor about one part of an installation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

Level = Literal["ok", "warning", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line.

    Attributes:
        part: The part of the installation.
        level: ``problem``: something does not work or will be lost; ``warning``: it works, and needs attention.
        says: The finding, in one sentence.
        hint: The remedy; empty when none is needed.
    """

    part: str
    level: Level
    says: str
    hint: str = ""

    @classmethod
    def ok(cls, part: str, says: str) -> Self:
        """Return a finding that all is well."""
        return cls(part, "ok", says)

    @classmethod
    def warning(cls, part: str, says: str, hint: str) -> Self:
        """Return a finding that needs attention."""
        return cls(part, "warning", says, hint)

    @classmethod
    def problem(cls, part: str, says: str, hint: str) -> Self:
        """Return a finding that something does not work."""
        return cls(part, "problem", says, hint)
