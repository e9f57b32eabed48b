"""An event id never merges bodies about different things."""

from collections.abc import Callable

from tests.second_oracle.rows import AlertRow, SyncRow, Told


def same_events(tellings: list[Told]) -> list[list[Told]]:
    """Group bodies that one event id and one subject make one event, each group in the order of its claims.

    Two bodies with one id and type are one event only if they are about the same subject; a value that one
    of them leaves out contradicts nothing. A body that fits two subjects which contradict each other joins
    neither.
    """
    by_id: dict[tuple[str | None, str], list[Told]] = {}
    groups: list[list[Told]] = []
    for told in tellings:
        if told.event_id is None:
            groups.append([told])
        else:
            by_id.setdefault((told.event_type, told.event_id), []).append(told)
    for claimants in by_id.values():
        undecided = [told for told in claimants if _is_undecided(told, claimants)]
        groups.extend([told] for told in undecided)
        groups.extend(_components([told for told in claimants if told not in undecided], agree))
    return [sorted(group, key=order_of) for group in groups]


def _is_undecided(told: Told, claimants: list[Told]) -> bool:
    fitting = [other for other in claimants if agree(told, other)]
    return any(not agree(one, other) for one in fitting for other in fitting)


def _components(tellings: list[Told], are_linked: Callable[[Told, Told], bool]) -> list[list[Told]]:
    groups: list[list[Told]] = []
    for told in tellings:
        linked = [group for group in groups if any(are_linked(told, other) for other in group)]
        groups = [group for group in groups if group not in linked]
        groups.append([told, *(other for group in linked for other in group)])
    return groups


def order_of(told: Told) -> tuple[bool, float, str]:
    """Order the bodies that claim one identity: the latest `created_at`, then the greatest SHA-256."""
    at = told.created_at
    return at is not None, 0.0 if at is None else at.timestamp(), told.body.sha256


def agree(one: Told, other: Told) -> bool:
    """Tell whether two bodies can be about the same subject."""
    alerts = [row for told in (one, other) for _, row in told.rows if isinstance(row, AlertRow)]
    syncs = [row for told in (one, other) for _, row in told.rows if isinstance(row, SyncRow)]
    if len(alerts) == 2:
        return _same_alert(*alerts)
    if len(syncs) == 2:
        sources = [sync.source if sync.has_source else None for sync in syncs]
        return _fits(*sources) and _fits(*[sync.at for sync in syncs])
    return (
        _fits(one.receipts or None, other.receipts or None)
        and _fits(one.meanings or None, other.meanings or None)
        and _fits(one.sellers or None, other.sellers or None)
    )


def _same_alert(one: AlertRow, other: AlertRow) -> bool:
    if one.rule is not None and other.rule is not None:
        same_rule = one.rule == other.rule
    else:
        same_rule = one.metric == other.metric
    return (
        same_rule
        and _fits(one.scope_type, other.scope_type)
        and _fits(one.scope_value, other.scope_value)
        and _fits(one.at, other.at)
    )


def _fits(one: object, other: object) -> bool:
    return one is None or other is None or one == other
