"""Assign each notice to its dispute, and give each dispute its amounts."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from tests.oracle.coerce import ZERO
from tests.oracle.roles import grouped, role_rank, row_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Row = dict[str, Any]
OVERTURNED = ("reversed", "won")


def settle(notices: Iterable[Row]) -> list[Row]:
    """Name each notice's dispute, and give every dispute its latest amount and fee; return the rows that are booked.

    A dispute is booked once for each role it was told to, at the first notice with an amount above 0; of those the
    preferred role's counts.
    """
    booked = []
    for rows in grouped(notices).values():
        _name_disputes(sorted(rows, key=_time_order))
        for dispute in grouped(rows, lambda row: row["dispute"]).values():
            booked += _book(dispute)
    return booked


def _time_order(row: Row) -> tuple[Any, ...]:
    return (row["occurred_at"], _is_closing(row), row["event_key"], row["item_index"])


def _is_closing(row: Row) -> bool:
    return bool(row["status"] != "received")


def _name_disputes(rows: Sequence[Row]) -> None:
    """Name the disputes of one receipt; its notices come in order of time."""
    openings = _openings(rows)
    closed_by_id = {("id", row["chargeback_id"]) for row in rows if _is_closing(row)}
    standing = [row for row in openings if row["dispute"] not in closed_by_id]
    open_: defaultdict[str, list[Row]] = defaultdict(list)
    ended: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        if row["chargeback_id"] is not None:
            row["dispute"] = ("id", row["chargeback_id"])
        if any(row is opening for opening in openings):
            if any(row is opening for opening in standing):
                open_[row["role"]].append(row)
        elif row["chargeback_id"] is None:
            own = open_[row["role"]].pop() if open_[row["role"]] else None
            latest = own or _foreign(row, standing, ended[row["role"]]) or _nearest(row, openings)
            row["dispute"] = latest["dispute"] if latest is not None else None


def _foreign(ending: Row, standing: Sequence[Row], ended: list[Any]) -> Row | None:
    """Return the latest dispute that only other roles were told of, and that no ending told to this role has ended."""
    own = [row["dispute"] for row in standing if row["role"] == ending["role"]]
    before = [
        row
        for row in _begun(standing)
        if row["occurred_at"] <= ending["occurred_at"] and row["dispute"] not in (*own, *ended)
    ]
    if not before:
        return None
    ended.append(before[-1]["dispute"])
    return before[-1]


def _openings(rows: Sequence[Row]) -> list[Row]:
    """Return the first notice of every dispute in each role, each with the dispute's name.

    A dispute without an id has the id that another role's notice of it names, else its place in the day.
    """
    seen: set[tuple[str, str]] = set()
    days: defaultdict[tuple[Any, ...], list[Row]] = defaultdict(list)
    found = []
    for row in sorted(rows, key=lambda row: (row["occurred_at"], _is_closing(row), *row_order(row)[1:])):
        if row["chargeback_id"] is None:
            if _is_closing(row):
                continue
        elif (row["role"], row["chargeback_id"]) in seen:
            continue
        else:
            seen.add((row["role"], row["chargeback_id"]))
        found.append(row)
    for row in sorted(found, key=row_order):
        days[row["role"], row["charged_back_date"]].append(row)
    places: defaultdict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for (_, day), opened in days.items():
        for number, row in enumerate(opened, 1):
            places[day, number].append(row)
    for place, same in places.items():
        ids = [row["chargeback_id"] for row in same if row["chargeback_id"] is not None]
        for row in same:
            own = row["chargeback_id"] or min(ids, default=None)
            row["dispute"] = place if own is None else ("id", own)
    return found


def _nearest(row: Row, openings: Sequence[Row]) -> Row | None:
    """Return the dispute that began last before a notice, told to whatever role; else the first to begin."""
    first = _begun(openings)
    before = [opening for opening in first if opening["occurred_at"] <= row["occurred_at"]]
    return before[-1] if before else first[0] if first else None


def _begun(openings: Sequence[Row]) -> list[Row]:
    """Return the opening of each dispute that came first, whatever role was told of it, in their order."""
    first: dict[Any, Row] = {}
    for row in sorted(openings, key=row_order):
        first.setdefault(row["dispute"], row)
    return list(first.values())


def _book(notices: Sequence[Row]) -> list[Row]:
    is_overturned = any(row["status"] in OVERTURNED for row in notices)
    views = grouped(notices, lambda row: row["role"])
    booked = []
    for view in views.values():
        with_amount = [row for row in view if (row["chargeback_amount"] or ZERO) > 0]
        if not with_amount:
            continue
        row, latest = with_amount[0], _latest_first(with_amount)[0]
        shares = [each for each in _latest_first(view) if each["account_amount"] is not None]
        booked.append((row, latest, shares[0]["account_amount"] if shares else None))
    fees = [
        each
        for each in sorted(_latest_first(notices), key=lambda each: role_rank(each["role"]))
        if each["fee_amount"] is not None
    ]
    fee = fees[0]["fee_amount"] if fees else None
    for row in notices:
        row["is_overturned"] = is_overturned
    changes = [
        {
            "is_booked": True,
            "chargeback_amount": latest["chargeback_amount"],
            "currency": latest["currency"],
            "is_other_currency": latest["is_other_currency"],
            "known_account_amount": share,
            "fee_amount": fee,
        }
        for _, latest, share in booked
    ]
    for (row, _, _), change in zip(booked, changes, strict=True):
        row.update(change)
    rows = [row for row, _, _ in booked]
    if rows:
        min(rows, key=lambda row: role_rank(row["role"]))["is_counted"] = True
    return rows


def _latest_first(rows: Sequence[Row]) -> list[Row]:
    return sorted(
        rows, key=lambda row: (row["occurred_at"], row["event_key"], -row["item_index"]), reverse=True
    )
