"""A distinct body becomes a `Told`: mapped rows, or the reason why there are none."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.second_oracle.aliases import Aliases
from tests.second_oracle.coercion import BadMoneyError
from tests.second_oracle.delivery import Body
from tests.second_oracle.envelope import Envelope, read_envelope, says_test
from tests.second_oracle.instants import BadTimeError, is_plausible
from tests.second_oracle.lookup import first_text
from tests.second_oracle.notices import read_alert, read_sync
from tests.second_oracle.rows import Row, Status, Told
from tests.second_oracle.strict_json import UnreadableError, read_object
from tests.second_oracle.told_money import money_told
from tests.second_oracle.transaction import PREFIX_OF, Context, UnmappedError, read_money_row
from tests.second_oracle.transaction_types import NEVER_COUNTS, TEST, meaning_of, name_of

KNOWN_TYPES = (*PREFIX_OF, "threshold.reached", "data.synced")


@dataclass(frozen=True)
class Rules:
    """The settings that decide how a body is read."""

    aliases: Aliases
    zone: ZoneInfo
    built_at: datetime | None


def read_body(body: Body, rules: Rules) -> Told:
    """Read a body; the fate of its rows decides its own: one unmapped row quarantines them all."""
    try:
        members = read_object(body.content)
    except UnreadableError as error:
        return Told(body, None, None, None, "quarantined", (str(error),))
    envelope = read_envelope(members, rules.aliases, rules.zone)
    fates = [_fate(place, row, envelope, body, rules) for place, row in enumerate(envelope.rows)]
    status, reasons = _verdict(fates, envelope)
    data = [row for row in envelope.rows if isinstance(row, dict)]
    mapped = tuple(fate.row for fate in fates if fate.row is not None) if status == "mapped" else ()
    times = [row.at for _, row in mapped if row.at is not None]
    return Told(
        body,
        envelope.event_type,
        envelope.event_id,
        envelope.created_at,
        status,
        reasons,
        mapped,
        min(times) if times else None if "no_time" in reasons else envelope.created_at,
        *_subject(data, rules.aliases),
        money_told(envelope.event_type, list(envelope.rows), rules.aliases),
    )


@dataclass(frozen=True)
class _Fate:
    status: Status
    reason: str | None = None
    row: tuple[int, Row] | None = None


def _fate(place: int, data: Any, envelope: Envelope, body: Body, rules: Rules) -> _Fate:
    if envelope.is_test or (isinstance(data, dict) and says_test(data, rules.aliases)):
        return _Fate("test")
    if envelope.event_type is None or envelope.event_type not in KNOWN_TYPES:
        return _Fate("unhandled", f"unknown event type {envelope.event_type}")
    if not isinstance(data, dict):
        return _Fate("quarantined", "row_not_object")
    return _fate_of_known(
        place,
        data,
        Context(envelope.event_type, envelope.account, envelope.created_at, rules.aliases, rules.zone),
        body,
        rules,
    )


def _fate_of_known(place: int, data: Mapping[str, Any], context: Context, body: Body, rules: Rules) -> _Fate:
    word = first_text(data, rules.aliases["transaction_type"])
    if context.event_type in PREFIX_OF and meaning_of(word) == NEVER_COUNTS:
        return _Fate("unhandled", f"transaction_type {name_of(word or '')}")
    try:
        row = _read_row(data, context)
    except (UnmappedError, BadMoneyError, BadTimeError) as error:
        return _Fate("quarantined", str(error))
    if row.at is not None and not is_plausible(row.at, body.last_received_at, rules.built_at):
        return _Fate("quarantined", "implausible_time")
    return _Fate("mapped", None, (place, row))


def _read_row(data: Mapping[str, Any], context: Context) -> Row:
    if context.event_type == "threshold.reached":
        return read_alert(data, context)
    if context.event_type == "data.synced":
        return read_sync(data, context)
    return read_money_row(data, context)


def _verdict(fates: list[_Fate], envelope: Envelope) -> tuple[Status, tuple[str, ...]]:
    """Decide a body's status from its rows': quarantined, else mapped, else unhandled, else test."""
    if not fates:
        if envelope.is_test:
            return "test", ()
        return ("quarantined" if envelope.event_type in KNOWN_TYPES else "unhandled"), ("no_rows",)
    for status in ("quarantined", "mapped", "unhandled"):
        chosen = [fate for fate in fates if fate.status == status]
        if chosen:
            reasons = dict.fromkeys(fate.reason for fate in chosen if fate.reason)
            return chosen[0].status, tuple(reasons)
    return "test", ()


def _subject(
    rows: list[dict[str, Any]], aliases: Aliases
) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Return the receipts, transaction types and sellers that a body names, whether it maps or not."""
    receipts = {text.upper() for row in rows if (text := first_text(row, aliases["receipt"]))}
    words = [first_text(row, aliases["transaction_type"]) for row in rows]
    meanings = {_subject_type(word) for word in words if word and meaning_of(word)}
    sellers = {text.lower() for row in rows if (text := first_text(row, aliases["vendor"]))}
    return frozenset(receipts), frozenset(meanings), frozenset(sellers)


def _subject_type(word: str) -> str:
    meaning = meaning_of(word)
    return word.upper() if meaning in (NEVER_COUNTS, TEST, None) else str(meaning)
