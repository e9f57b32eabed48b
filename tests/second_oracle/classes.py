"""Tellings of one thing in several bodies, and the reasons why they are the same."""

from collections.abc import Callable, Iterable

from tests.second_oracle.rows import AlertRow, MoneyRow, SyncRow
from tests.second_oracle.things import Key, Thing, amount_of, payment_of
from tests.second_oracle.transaction_types import CLOSED

Class = list[Thing]


def natural_key(thing: Thing) -> Key:
    """Return the key that two tellings of one thing share, whatever else they say.

    A sale's is its seller, role, receipt and payment. A refund's is its own id within seller, role and
    receipt (one refund id with different items is two parts), or without an id its instant, its amount and
    its items. A notice of a dispute also has its state and instant: later news is another event. An alert's
    is its event id, or else its rule or metric, scope, window and instant. A sync's is its own id, its
    source and its completion (an id of the job names all its runs), or else its source and its times.
    """
    row = thing.row
    if isinstance(row, AlertRow):
        if thing.told.event_id is not None:
            return ("alert", thing.told.event_id, thing.told.body.sha256, thing.place)
        return ("alert", row.rule or row.metric, row.scope_type, row.scope_value, row.window_start, row.at)
    if isinstance(row, SyncRow):
        return ("sync", row.sync_id, row.source, row.at if row.sync_id else (row.started_at, row.at))
    return _money_key(thing, row)


def _money_key(thing: Thing, row: MoneyRow) -> Key:
    who = (row.event_type, thing.seller, row.role, row.receipt)
    if row.event_type == "sale.created":
        return (*who, payment_of(row))
    if row.event_type == "chargeback.received":
        if row.reversal_id is not None:
            return (*who, row.reversal_id, news_of(row), row.at)
        return (*who, None, row.meaning == "INSF", news_of(row), row.at, amount_of(thing))
    if row.reversal_id is not None:
        return (*who, row.reversal_id, item_numbers(row))
    return (*who, None, row.at, amount_of(thing), item_numbers(row))


def news_of(row: MoneyRow) -> str:
    """Return how far a dispute is: each notice of another state is another event."""
    return str(row.status) if row.status in CLOSED else "received"


def item_numbers(row: MoneyRow) -> tuple[str, ...]:
    """Return the sorted item numbers that a row names."""
    return tuple(sorted(item.item_no for item in row.items if item.item_no is not None))


def classes_of(things: Iterable[Thing]) -> list[Class]:
    """Group tellings by natural key, then join the tellings that leave the naming detail out."""
    by_key: dict[Key, Class] = {}
    for thing in things:
        by_key.setdefault(natural_key(thing), []).append(thing)
    classes = list(by_key.values())
    classes = _joined(classes, _is_without_id, _tells_with_id)
    classes = _joined(classes, _is_without_items, _tells_items, is_sole=True)
    classes = _joined(classes, _is_unfinished, _tells_completion, is_sole=True)
    return _joined(classes, _is_by_instant, _tells_number)


def _joined(
    classes: list[Class],
    is_vague: Callable[[Class], bool],
    fits: Callable[[Class, Class], bool],
    *,
    is_sole: bool = False,
) -> list[Class]:
    """Join each vague class to the first exact one that it fits, by key; `is_sole`: only if it is the only one."""
    exact = sorted((c for c in classes if not is_vague(c)), key=lambda c: repr(natural_key(c[0])))
    grown: list[Class] = [list(c) for c in exact]
    for vague in (c for c in classes if is_vague(c)):
        homes = [place for place, candidate in enumerate(exact) if fits(vague, candidate)]
        if not homes or (is_sole and len(homes) > 1):
            grown.append(vague)
        else:
            grown[homes[0]].extend(vague)
    return grown


def _who(a_class: Class) -> Key:
    row = a_class[0].money
    return (row.event_type, a_class[0].seller, row.role, row.receipt)


def _is_reversal(a_class: Class) -> bool:
    row = a_class[0].row
    return isinstance(row, MoneyRow) and row.event_type != "sale.created"


def _is_without_id(a_class: Class) -> bool:
    return _is_reversal(a_class) and a_class[0].money.reversal_id is None


def _tells_with_id(vague: Class, exact: Class) -> bool:
    """Tell whether a reversal without an id is one told with an id.

    It is when seller, receipt, role, instant and amount agree and the named items do not contradict. The
    exact one has an id, so two different ids stay two reversals.
    """
    if not _is_reversal(exact) or _who(vague) != _who(exact):
        return False
    told = vague[0].money
    return any(
        (other.at, amount_of(thing), news_of(other)) == (told.at, amount_of(vague[0]), news_of(told))
        and (not item_numbers(other) or not item_numbers(told) or item_numbers(other) == item_numbers(told))
        for other, thing in ((thing.money, thing) for thing in exact)
    )


def _is_without_items(a_class: Class) -> bool:
    row = a_class[0].row
    return (
        isinstance(row, MoneyRow)
        and row.event_type == "refund.processed"
        and row.reversal_id is not None
        and not any(item_numbers(thing.money) for thing in a_class)
    )


def _tells_items(vague: Class, exact: Class) -> bool:
    """Tell whether a refund id told without items is the one part that is told with items."""
    return (
        _is_reversal(exact)
        and _who(vague) == _who(exact)
        and vague[0].money.reversal_id == exact[0].money.reversal_id
    )


def _is_unfinished(a_class: Class) -> bool:
    row = a_class[0].row
    return isinstance(row, SyncRow) and row.sync_id is not None and not row.is_at_told


def _tells_completion(vague: Class, exact: Class) -> bool:
    """Tell whether a run that tells no completion is the one of its id and source that does."""
    one, other = vague[0].row, exact[0].row
    return (
        isinstance(one, SyncRow)
        and isinstance(other, SyncRow)
        and (one.sync_id, one.source) == (other.sync_id, other.source)
    )


def _is_by_instant(a_class: Class) -> bool:
    row = a_class[0].row
    return isinstance(row, MoneyRow) and row.event_type == "sale.created" and payment_of(row)[0] == "instant"


def _tells_number(vague: Class, exact: Class) -> bool:
    """Tell whether a rebill named by its instant is the numbered one of that instant."""
    return (
        isinstance(exact[0].row, MoneyRow)
        and _who(vague) == _who(exact)
        and payment_of(exact[0].money)[0] == "number"
        and any(thing.money.at == vague[0].money.at for thing in exact)
    )
