"""List the paths of values in bodies, with whether an alias reads them and when they first occurred."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.oracle.envelope import data_path
from tests.oracle.items import KINDS, OF_RECEIPTS
from tests.oracle.parse import JsonNumber

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from tests.oracle.facts import Book
    from tests.oracle.identity import Event

Row = dict[str, Any]
_Body = tuple[str | None, "datetime", dict[str, tuple[str, bool]]]
WEEK = timedelta(days=7)
MOST_KEYS = 200
FREE_MAPS = ("vendorVariables", "counts", "totals")
ALIASES = Path(__file__).resolve().parents[2] / "sql" / "staging" / "aliases.csv"
LONGEST_NAME = 48
MANY_DIGITS = 4
DOT = "\u2219"  # stands for a dot inside a key, which is no step into an object
_SCALARS = {str: "text", JsonNumber: "number", bool: "boolean", type(None): "null"}


def schema_paths(events: Sequence[Event], book: Book) -> list[Row]:
    """Return one row for each event type and path of the winning bodies, except those of test events."""
    bodies: list[_Body] = []
    read = _read_paths()
    for event in events:
        body = event.winner
        if body.content is None or body.status == "test":
            continue
        at = event.occurred_at if body.status == "mapped" else event.received_at
        assert at is not None
        bodies.append((body.event_type, at, _shown(body.content, body.event_type, read)))
    maps = _maps(bodies)
    seen: defaultdict[tuple[str | None, str], list[tuple[datetime, str, bool]]] = defaultdict(list)
    for event_type, at, paths in bodies:
        for path, (kind, is_mapped) in _shortened(paths, maps[event_type]).items():
            seen[event_type, path].append((at, kind, is_mapped))
    return _rows(seen, book.today_at)


def _maps(bodies: Sequence[_Body]) -> dict[str | None, set[str]]:
    """Return, for each event type, the objects with so many unread keys in all bodies that they must be maps."""
    keys: defaultdict[str | None, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for event_type, _, paths in bodies:
        for path in (path for path, (_, is_mapped) in paths.items() if not is_mapped):
            steps = path.split(".")
            for depth in range(1, len(steps)):
                keys[event_type][".".join(steps[:depth])].add(steps[depth])
    return {
        event_type: {parent for parent, found in parents.items() if len(found) > MOST_KEYS}
        for event_type, parents in keys.items()
    } | {event_type: set() for event_type, _, _ in bodies if event_type not in keys}


def _shortened(paths: dict[str, tuple[str, bool]], maps: set[str]) -> dict[str, tuple[str, bool]]:
    """Merge the unread paths below a map into one."""
    kinds: defaultdict[str, set[str]] = defaultdict(set)
    mapped: defaultdict[str, bool] = defaultdict(bool)
    for path, (kind, is_mapped) in paths.items():
        outer = min((each for each in maps if path.startswith(f"{each}.")), key=len, default=None)
        shown = path if is_mapped or outer is None else f"{outer}.*"
        kinds[shown].add(kind)
        mapped[shown] |= is_mapped
    return {path: (_one_kind(found), mapped[path]) for path, found in kinds.items()}


def _rows(
    seen: dict[tuple[str | None, str], list[tuple[datetime, str, bool]]], today_at: datetime | None
) -> list[Row]:
    starts: dict[str | None, datetime] = {}
    for (event_type, _), sights in seen.items():
        starts[event_type] = min(starts.get(event_type, sights[0][0]), *(at for at, _, _ in sights))
    rows = []
    for (event_type, path), sights in seen.items():
        first = min(at for at, _, _ in sights)
        rows.append(
            {
                "event_type": event_type,
                "json_path": path,
                "is_mapped": any(is_mapped for _, _, is_mapped in sights),
                "json_type": " or ".join(sorted({kind for _, kind, _ in sights} - {"null"})) or "null",
                "event_count": len(sights),
                "first_seen_at": first,
                "last_seen_at": max(at for at, _, _ in sights),
                "is_new": today_at is not None and starts[event_type] <= today_at - WEEK < first,
            }
        )
    return rows


def _shown(
    content: dict[str, Any], event_type: str | None, read: dict[str, set[str]]
) -> dict[str, tuple[str, bool]]:
    """Return the paths of one body, as the table shows them, with the kind of their values."""
    home = data_path(content)
    kinds: defaultdict[str, set[str]] = defaultdict(set)
    mapped: dict[str, bool] = {}
    for path, kind in _leaves([content], "$"):
        outer, inner = _from(path, "$"), _from(path, home)
        known = any(outer in paths or inner in paths for paths in read.values())
        shown = path if known else _discreet(path)
        kinds[shown].add(kind)
        mapped[shown] = (
            _from(shown, "$") in read["envelope"] or _from(shown, home) in read[_scope(event_type)]
        )
    return {path: (_one_kind(found), mapped[path]) for path, found in kinds.items()}


def _leaves(values: list[Any], path: str) -> Iterator[tuple[str, str]]:
    """Yield each path below the values at one path, with their common kind."""
    given = [value for value in values if value is not None]
    kinds = {_SCALARS.get(type(value), type(value).__name__) for value in given}
    if kinds == {"dict"} and any(given):
        keys = dict.fromkeys(key for value in given for key in value)
        for key in keys:
            yield from _leaves(
                [value[key] for value in given if key in value], f"{path}.{key.replace('.', DOT)}"
            )
    elif kinds == {"list"}:
        yield from _leaves([element for value in given for element in value], f"{path}[*]")
    else:
        yield path.replace("[0]", "[*]"), _one_kind(kinds) if kinds != {"dict"} else "mixed"


def _one_kind(kinds: set[str]) -> str:
    told = kinds - {"null"}
    if not told:
        return "null"
    return "mixed" if len(told) > 1 else min(told)


def _scope(event_type: str | None) -> str:
    kind = KINDS.get(event_type or "", "")
    return "transaction" if kind in OF_RECEIPTS else kind


def _from(path: str, home: str) -> str | None:
    """Return a path relative to its item; None outside of items."""
    found = re.match(r"(?:\[\*\])?\.(.*)$", path.removeprefix(home)) if path.startswith(home) else None
    return found[1] or None if found else None


def _discreet(path: str) -> str:
    for name in FREE_MAPS:
        before, dot, after = path.partition(f".{name}")
        if dot and after[:1] in (".", "["):
            path = f"{before}.{name}.*"
            break
    return ".".join(key if _is_name(key) else "*" for key in path.split("."))


def _is_name(key: str) -> bool:
    while key.endswith("[*]"):
        key = key.removesuffix("[*]")
    starts = key[:1].isalpha() or key[:1] in ("_", "$", "@")
    goes_on = all(character.isalnum() or character in "_ -" for character in key[1:])
    has_few_digits = sum(character in "0123456789" for character in key) < MANY_DIGITS
    return starts and goes_on and has_few_digits and len(key) <= LONGEST_NAME


def _read_paths() -> dict[str, set[str]]:
    """Return the paths that the alias table reads in each kind of object; a line may be in a list or alone."""
    table: defaultdict[str, set[str]] = defaultdict(set)
    lists = []
    with ALIASES.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            table[row["scope"]].add(row["path"].replace("[0]", "[*]"))
            lists += [row["path"]] if row["field"] == "lines" else []
    for path in lists:
        table["transaction"].add(f"{path}[*]")
        table["transaction"] |= {f"{path}{each}.{key}" for key in table["line"] for each in ("", "[*]")}
    return table
