"""One possible cause of a wrong signature."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

Variants = Callable[[bytes], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A possible cause, in words an operator can act on.

    Attributes:
        name: A short stable word.
        says: The end of "The signature fits ...", or of "The signature ..." for a form.
        hint: The remedy.
    """

    name: str
    says: str
    hint: str


@dataclass(frozen=True, slots=True)
class Altered(Hypothesis):
    """The sender signed a variant of our bytes, or with a variant of our key.

    Attributes:
        variants: Returns the candidates; none when the hypothesis cannot apply.
    """

    variants: Variants


@dataclass(frozen=True, slots=True)
class Computed(Hypothesis):
    """The sender used another function.

    Attributes:
        digest: Returns the digest of a key and a body.
    """

    digest: Callable[[bytes, bytes], bytes]


@dataclass(frozen=True, slots=True)
class Claim:
    """One reading of the signature's text.

    Attributes:
        hexadecimal: Lower-case digits.
        form: The departure from plain hex digits; None for those.
        is_cut: Whether they are only the first digits.
    """

    hexadecimal: str
    form: Hypothesis | None = None
    is_cut: bool = False

    def fits(self, digest: bytes) -> bool:
        """Return whether this is a way to write a digest."""
        expected = digest.hex()
        return expected.startswith(self.hexadecimal) if self.is_cut else expected == self.hexadecimal
