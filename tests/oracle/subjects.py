"""Separate bodies with one event id by their subjects: an id never merges bodies about different things."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.oracle.identity import Body

# A level is compared among bodies that agree on those before it; None leaves it out.
_LEVELS = ("names", "kinds", "vendors", "details")


def by_subject(bodies: Sequence[Body]) -> list[list[Body]]:
    """Group bodies with one event id by their subjects.

    Where a body leaves a value out and the others agree on it, it has theirs.
    """
    said = [_said(body) for body in bodies]
    _tell_rules(said)
    for depth, level in enumerate(_LEVELS):
        known: defaultdict[tuple[Any, ...], set[Any]] = defaultdict(set)
        for each in said:
            known[_above(each, depth)].add(each[level])
        for each in said:
            values = known[_above(each, depth)] - {None}
            if each[level] is None and len(values) == 1:
                [each[level]] = values
    groups: defaultdict[tuple[Any, ...], list[Body]] = defaultdict(list)
    for body, each in zip(bodies, said, strict=True):
        account = body.account if each["vendors"] is None else None
        has_instant = each["details"] is not None or body.event_type not in {
            "threshold.reached",
            "data.synced",
        }
        told_at = None if has_instant else body.created_at
        groups[*_above(each, len(_LEVELS)), account, told_at].append(body)
    return list(groups.values())


def _tell_rules(said: list[dict[str, Any]]) -> None:
    """Give alerts without a rule the only rule of their metric, else the metric itself."""
    rules: defaultdict[Any, set[Any]] = defaultdict(set)
    for each in said:
        rules[each["metrics"]].add(each["names"])
    for each in said:
        known = rules[each["metrics"]] - {None}
        if each["names"] is None and each["metrics"] is not None:
            each["names"] = next(iter(known)) if len(known) == 1 else ("metric", *each["metrics"])


def _above(said: dict[str, Any], depth: int) -> tuple[Any, ...]:
    return tuple(said[level] for level in _LEVELS[:depth])


def _said(body: Body) -> dict[str, Any]:
    """Return the subject that a body names, level by level; each of several items must name it."""
    subjects = [item.subject for item in body.items]
    if not subjects or body.has_other_elements:
        return dict.fromkeys((*_LEVELS, "metrics"))
    metrics = {item.row.get("metric") for item in body.items}
    said: dict[str, Any] = {"metrics": None if None in metrics else tuple(sorted(metrics))}
    for number, level in enumerate(_LEVELS):
        values = [subject[number] for subject in subjects]
        said[level] = None if None in values else tuple(sorted(set(values)))
    return said
