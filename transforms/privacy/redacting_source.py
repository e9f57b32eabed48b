"""An inbox for the loader after an erasure: a body that is delivered again is redacted again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from transforms.privacy.fact_paths import FactPaths
from transforms.privacy.redaction import Redactor
from transforms.store.erasures import ErasureList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.inbox.reader import Delivery
    from ingest.load.raw_events import Source
    from transforms.store.store import Store


class RedactingSource:
    """A source whose bodies name no erased person. The SHA-256 stays that of the signed bytes.

    Args:
        source: The source of the deliveries.
        redactor: Redacts them.
    """

    def __init__(self, source: Source, redactor: Redactor) -> None:
        self._source = source
        self._redactor = redactor

    @property
    def inbox_id(self) -> str:
        """The id of the inbox."""
        return self._source.inbox_id

    def read_after(self, sequence: int, limit_rows: int, limit_bytes: int) -> Sequence[Delivery]:
        """Return the next deliveries, redacted."""
        return [self._redacted(each) for each in self._source.read_after(sequence, limit_rows, limit_bytes)]

    def _redacted(self, delivery: Delivery) -> Delivery:
        redaction = self._redactor.redact(delivery.body)
        return delivery if redaction is None else replace(delivery, body=redaction.body)


def without_forgotten(store: Store, sources: Sequence[Source]) -> Sequence[Source]:
    """Return sources for the loader; the same ones before the first erasure."""
    erased = ErasureList.read(store.connection)
    if not erased:
        return sources
    redactor = Redactor(erased, FactPaths(store.aliases))
    return [RedactingSource(source, redactor) for source in sources]
