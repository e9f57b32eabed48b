"""A redactor that also lists addresses: those in the bodies that it changes, and near relatives that stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transforms.privacy.redaction import mentions_in

if TYPE_CHECKING:
    from transforms.privacy.person import Person
    from transforms.privacy.redaction import Redaction, Redactor


class Survey:
    """Redacts bodies, and lists addresses of others on the way.

    Args:
        redactor: Redacts the person.
        person: The addresses of the person.

    Attributes:
        others: The other addresses in the redacted bodies.
        relatives: The near relatives of the person's addresses in all bodies; their bodies stay as they are.
    """

    def __init__(self, redactor: Redactor, person: Person) -> None:
        self._redactor = redactor
        self._person = person
        self.others: set[str] = set()
        self.relatives: set[str] = set()

    def redact(self, body: bytes) -> Redaction | None:
        """Return a body's redaction, as `Redactor.redact` does."""
        if not self._person.may_concern(body):
            return None
        redaction = self._redactor.redact(body)
        for readings in mentions_in(body):
            if not self._person.is_named_by(readings):
                self.relatives.update(filter(self._person.is_relative, readings))
                if redaction is not None:
                    self.others.add(readings[-1])
        return redaction
