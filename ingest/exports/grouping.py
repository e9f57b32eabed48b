"""All rows of an import, sorted on disk by DuckDB and grouped into raw events."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Self

import duckdb

from cbw.duck import literal
from ingest.exports.fees import FEE, assign, split
from ingest.exports.group import Group, Held, Telling, Values, amount_in, utc_text
from ingest.exports.kind import Kind
from ingest.exports.row import AMOUNTS
from ingest.load.history import PastEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from ingest.exports.dialect import Dialect
    from ingest.exports.export import Export

BATCH_ROWS = 5_000
MEMORY = "512MB"
PARTY_DIGITS = 16
_COLUMNS = {
    "party": "varchar", "name": "varchar", "file": "integer", "page": "integer", "word": "varchar",
    "moment": "varchar", "account": "varchar", "row": "varchar",
}  # fmt: skip


@dataclass
class Found:
    """The outcome of a reading, for the operator.

    Attributes:
        rows: Rows of all files.
        events: Transactions, by type.
        first: The earliest time; None without any.
        last: The latest.
        money: Amounts told, by currency and type; a reversal's as it is told.
        reasons: Rows that will be quarantined, by reason.
        unread: Rows with a key that no field reads, by key.
        known: Transactions of which earlier imports hold as much.
        grown: Transactions of which this import tells more than earlier ones.
    """

    rows: int = 0
    events: Counter[str] = field(default_factory=Counter)
    first: datetime | None = None
    last: datetime | None = None
    money: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    unread: Counter[str] = field(default_factory=Counter)
    known: int = 0
    grown: int = 0

    def include(self, instant: datetime) -> None:
        """Widen the range by an instant."""
        self.first = min(self.first or instant, instant)
        self.last = max(self.last or instant, instant)


class Rows:
    """The rows of an import in a DuckDB file of their own; a context manager that removes it.

    Args:
        path: The file.
        dialect: The aliases and word lists.
        as_of: When the exports were made, if the operator says so.
        account: The nickname whose telling they are, if the operator says so.
    """

    def __init__(
        self, path: Path, dialect: Dialect, *, as_of: datetime | None = None, account: str | None = None
    ) -> None:
        self.found = Found()
        self.kinds: dict[int, Kind] = {}
        self._path = path
        self._dialect = dialect
        self._as_of = as_of
        self._account = account
        self._newest: dict[int, datetime] = {}
        self._connection = duckdb.connect(str(path))
        self._connection.execute(f"set memory_limit = '{MEMORY}'; set threads = 1")
        columns = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
        self._connection.execute(f"create table rows ({columns})")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._path.unlink(missing_ok=True)

    def add(self, export: Export, on_batch: Callable[[], None] = lambda: None) -> int:
        """Read a file to its end and return the number of its rows.

        Raises:
            ConfigurationError: It is damaged, or a value has two readings.
        """
        file = len(self.kinds)
        self.kinds[file] = export.kind
        before = self.found.rows
        batch: list[tuple[Any, ...]] = []
        for raw, row in export.rows(self.found.unread):
            self.found.rows += 1
            self.found.reasons.update(row.reasons)
            moment = row.moment
            if moment is not None:
                self._newest[file] = max(self._newest.get(file, moment.instant), moment.instant)
                self.found.include(moment.instant)
            text = moment.text if moment else None
            batch.append((row.party, row.name, file, raw.page, row.word, text, row.account, row.text))
            if len(batch) >= BATCH_ROWS:
                self._store(batch)
                batch = []
                on_batch()
        self._store(batch)
        return self.found.rows - before

    def write_parties(self, path: Path) -> None:
        """Write the parties of all rows to a Parquet file, so that their stored bodies can be found."""
        self._connection.execute(
            f"copy (select distinct party from rows) to {literal(str(path))} (format parquet)"
        )

    def events(self, held: Path | None) -> Iterator[PastEvent]:
        """Yield the bodies that tell more than those of earlier imports, in one order for the same rows.

        Args:
            held: A Parquet file with the ``party`` and ``body`` of stored events; None for none.
        """
        order = "party, kind desc, name, file, page, row"
        stored = "" if held is None else (
            "union all by name select party, 'held' as kind, '' as name, body as row"
            f" from read_parquet({literal(str(held))})"
        )  # fmt: skip
        cursor = self._connection.execute(
            f"select * from (select *, 'row' as kind from rows {stored}) order by {order}"
        )
        names = [column[0] for column in cursor.description or []]
        for _, rows in groupby(_fetched(cursor, names), key=itemgetter("party")):
            yield from self._party(list(rows))

    def _party(self, rows: list[dict[str, Any]]) -> Iterator[PastEvent]:
        groups: dict[str, Group] = {}
        kind = next(self.kinds[row["file"]] for row in rows if row["kind"] == "row")
        for (row_name, file, _), page in groupby(
            (row for row in rows if row["kind"] == "row"), key=itemgetter("name", "file", "page")
        ):
            told = list(page)
            telling = self._telling(file, told)
            name = _details_name(row_name, telling) if kind is Kind.SUBSCRIPTIONS else row_name
            first = told[0]
            group = groups.setdefault(name, Group(name, first["word"], first["account"], first["moment"]))
            group.tellings.append(telling)
        fresh = set(groups)
        self._add_held(groups, (json.loads(row["row"]) for row in rows if row["kind"] == "held"))
        self._assign_fees(groups)
        for group in groups.values():
            if (event := self._event(group, kind, is_fresh=group.name in fresh)) is not None:
                yield event

    def _add_held(self, groups: dict[str, Group], bodies: Iterable[dict[str, Any]]) -> None:
        """Add the newest stored body of each transaction."""
        for body in sorted(bodies, key=lambda body: str(body.get("created_at"))):
            held = Held.from_body(body)
            word, moment = body.get("transactionType", ""), None
            for row in body["data"]:
                moment = moment or self._dialect.first(row, "sale_time")
            group = groups.setdefault(body["id"], Group(body["id"], word, body.get("account"), moment))
            group.held = held
        for group in groups.values():
            if group.held is not None:
                group.tellings.append(group.held.telling)

    def _assign_fees(self, groups: dict[str, Group]) -> None:
        fees = []
        for group in groups.values():
            told = [split(telling, self._dialect) for telling in group.tellings]
            fees += [fee for _, fee in told if fee.rows]
            if group.word != FEE:
                group.tellings = [own for own, _ in told]
        if fees and assign(fees, groups.values(), self._dialect):
            for name in [name for name, group in groups.items() if group.word == FEE]:
                del groups[name]

    def _event(self, group: Group, kind: Kind, *, is_fresh: bool) -> PastEvent | None:
        rows = group.rows(self._dialect)
        body = group.body(rows)
        if is_fresh:
            self.found.events[group.word or "without a type"] += 1
            self.found.known += body is None
            self.found.grown += body is not None and group.held is not None
            self._note_money(group, rows, kind)
        if body is None:
            return None
        return PastEvent(body, None, f"{kind}:{self._account.lower()}" if self._account else str(kind))

    def _note_money(self, group: Group, rows: list[Values], kind: Kind) -> None:
        known = self._dialect.type_of(group.word)
        if known is None or known.is_test or known.event_type not in AMOUNTS:
            return
        for row in rows:
            currency = self._dialect.first(row, "currency") or ("USD" if kind is Kind.REPORT else "")
            place = (currency.upper(), group.word)
            self.found.money[place] = self.found.money.get(place, Decimal(0)) + amount_in(row, self._dialect)

    def _telling(self, file: int, rows: list[dict[str, Any]]) -> Telling:
        newest = self._newest.get(file, datetime(1970, 1, 1, tzinfo=UTC))
        return Telling(
            self._as_of or newest, self._as_of is None, tuple(json.loads(row["row"]) for row in rows)
        )

    def _store(self, batch: list[tuple[Any, ...]]) -> None:
        if batch:
            lists = [list(column) for column in zip(*batch, strict=True)]
            values = ", ".join("unnest(?)" for _ in lists)
            self._connection.execute(f"insert into rows select {values}", lists)


def _details_name(party: str, telling: Telling) -> str:
    """Return the name of one observation: details are true as of the moment they were told."""
    told = utc_text(telling.told_as_of)
    return party + hashlib.sha256(told.encode()).hexdigest()[:PARTY_DIGITS]


def _fetched(cursor: duckdb.DuckDBPyConnection, names: list[str]) -> Iterator[dict[str, Any]]:
    while rows := cursor.fetchmany(BATCH_ROWS):
        yield from (dict(zip(names, row, strict=True)) for row in rows)
