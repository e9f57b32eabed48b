"""The SQL macros by which models distinguish event types, generated from the list of event types.

- ``is_handled(event_type)``: whether a table has events of this type.
- ``is_<scope>(event_type)``: whether its fields are those of a scope of the alias table, such as ``is_transaction``.
- ``event_scope(event_type)``: that scope; NULL for a type without a table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbw.duck import literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cbw.event_types import EventType


def event_type_macros(event_types: Sequence[EventType]) -> list[str]:
    """Return the ``create macro`` statements."""
    scopes: dict[str, list[str]] = {}
    for each in event_types:
        scopes.setdefault(each.scope, []).append(each.name)
    tests = {"is_handled": _is_one_of(each.name for each in event_types)}
    tests |= {f"is_{scope}": _is_one_of(names) for scope, names in scopes.items()}
    cases = " ".join(f"when {literal(each.name)} then {literal(each.scope)}" for each in event_types)
    return [
        *(f"create or replace macro {name}(event_type) as {test}" for name, test in tests.items()),
        f"create or replace macro event_scope(event_type) as case event_type {cases} end",
    ]


def _is_one_of(names: Iterable[str]) -> str:
    return f"event_type in ({', '.join(map(literal, names))})"
