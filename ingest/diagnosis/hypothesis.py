"""One way in which a signature can come to be wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

Variants = Callable[[bytes], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What may have happened, in words an operator can act on.

    Attributes:
        name: A short stable word.
        says: The end of "The signature fits ...", or of "The signature ..." for a form.
        hint: What to do about it.
    """

    name: str
    says: str
    hint: str


@dataclass(frozen=True, slots=True)
class Altered(Hypothesis):
    """That the bytes that were signed, or the key, are a variant of ours.

    Attributes:
        variants: Returns the candidates; none when the hypothesis cannot apply.
    """

    variants: Variants


@dataclass(frozen=True, slots=True)
class Computed(Hypothesis):
    """That another function was used.

    Attributes:
        digest: Returns what it makes of a key and a body.
    """

    digest: Callable[[bytes, bytes], bytes]


@dataclass(frozen=True, slots=True)
class Claim:
    """One reading of the signature's text.

    Attributes:
        hexadecimal: Lower-case digits.
        form: Why it needs reading; None for plain hex digits.
        is_cut: Whether they are only the first digits.
    """

    hexadecimal: str
    form: Hypothesis | None = None
    is_cut: bool = False

    def fits(self, digest: bytes) -> bool:
        """Tell whether a digest would be written like this."""
        expected = digest.hex()
        return expected.startswith(self.hexadecimal) if self.is_cut else expected == self.hexadecimal
