"""From distinct bodies to events and to the things they tell, each once."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from tests.second_oracle.classes import Class, classes_of
from tests.second_oracle.rows import MoneyRow, Told
from tests.second_oracle.sellers import Sellers
from tests.second_oracle.subjects import order_of, same_events
from tests.second_oracle.things import SellerOf, Thing, UnfitError, things_of
from tests.second_oracle.transaction_types import TOOK_NOTHING

READABLE = ("mapped", "unhandled")


@dataclass
class Event:
    """One final identity: the bodies that tell it, the last of which wins."""

    bodies: list[Told]
    has_fact: bool = False

    @property
    def winner(self) -> Told:
        """Return the body whose telling is believed."""
        return self.bodies[-1]

    @property
    def key(self) -> str:
        """Return the event's stable name: the SHA-256 of the winning body."""
        return self.winner.body.sha256


@dataclass(frozen=True)
class Telling:
    """One thing with all its tellings, the last of which wins, and its event."""

    event: Event
    things: tuple[Thing, ...]

    @property
    def winner(self) -> Thing:
        """Return the telling that is believed."""
        return self.things[-1]

    @property
    def took_nothing(self) -> bool:
        """Tell whether it is a refund that failed, was declined, rejected or canceled, or is pending."""
        row = self.winner.row
        is_refund = isinstance(row, MoneyRow) and row.event_type == "refund.processed"
        return is_refund and isinstance(row, MoneyRow) and row.status in TOOK_NOTHING


def identify(tellings: Iterable[Told]) -> tuple[list[Event], list[Telling]]:
    """Give every body its event, and every thing its tellings.

    Byte-identical bodies are one already. An event id merges bodies about one subject, and the latest of
    them supersedes the others. Then rows with one natural key are one thing, for which the latest speaks. A
    body whose every row others speak for belongs to the event of the one that speaks for its first row.
    """
    groups = [sorted(group, key=_claim) for group in same_events(list(tellings))]
    groups, _ = _with_things(groups, _sellers(groups).seller_of)
    groups, things = _with_things(groups, _sellers(groups).seller_of)
    things = _with_sale_currencies(things)
    classes = classes_of(thing for told_things in things.values() for thing in told_things)
    current = [sorted(a_class, key=_loudness) for a_class in _current(groups, things, classes)]
    events = _events(groups, current)
    by_body = {told.body.sha256: event for event in events for told in event.bodies}
    standing = [Telling(by_body[a_class[-1].told.body.sha256], tuple(a_class)) for a_class in current]
    for telling in standing:
        telling.event.has_fact |= not telling.took_nothing
    return events, standing


def _sellers(groups: list[list[Told]]) -> Sellers:
    """Return the sellers that the bodies tell which speak for their events; a quarantined body tells none."""
    return Sellers(row for group in groups for _, row in group[-1].rows if isinstance(row, MoneyRow))


def _with_sale_currencies(things: dict[str, list[Thing]]) -> dict[str, list[Thing]]:
    """Give each thing the currency of a sale of its seller and receipt, to recognise a reversal told twice."""
    told: dict[tuple[str | None, str], set[str]] = {}
    for thing in (thing for own in things.values() for thing in own):
        row = thing.row
        if isinstance(row, MoneyRow) and row.event_type == "sale.created" and row.currency is not None:
            told.setdefault((thing.seller, row.receipt), set()).add(row.currency)
    return {sha: [_with_sale_currency(thing, told) for thing in own] for sha, own in things.items()}


def _with_sale_currency(thing: Thing, told: dict[tuple[str | None, str], set[str]]) -> Thing:
    if not isinstance(thing.row, MoneyRow):
        return thing
    return replace(thing, sale_currency=min(told.get((thing.seller, thing.row.receipt), ()), default=None))


def _loudness(thing: Thing) -> tuple[object, ...]:
    return (*order_of(thing.told), -thing.place)


def _claim(told: Told) -> tuple[bool, tuple[bool, float, str]]:
    """Order the bodies of one event: a body that can be read wins over one that cannot, then the latest wins."""
    return told.status in READABLE, order_of(told)


def _with_things(
    groups: list[list[Told]], seller_of: SellerOf
) -> tuple[list[list[Told]], dict[str, list[Thing]]]:
    """Add up each body's parts; a body whose parts cannot be added is quarantined instead."""
    things: dict[str, list[Thing]] = {}
    checked: list[list[Told]] = []
    for group in groups:
        bodies = []
        for told in group:
            body = told
            try:
                things[told.body.sha256] = things_of(told, seller_of)
            except UnfitError as error:
                things[told.body.sha256] = []
                body = replace(told, status="quarantined", reasons=(str(error),), rows=())
            bodies.append(body)
        checked.append(sorted(bodies, key=_claim))
    return checked, things


def _events(groups: list[list[Told]], classes: list[Class]) -> list[Event]:
    """Join the bodies of one event id, and those for which others speak; the body that speaks is the last."""
    speakers: dict[str, dict[int, str]] = {}
    for a_class in classes:
        for thing in a_class:
            own = speakers.setdefault(thing.told.body.sha256, {})
            own[thing.place] = a_class[-1].told.body.sha256
    by_speaker: dict[str, list[Told]] = {}
    for group in groups:
        winner = group[-1].body.sha256
        spoken_by = speakers.get(winner, {0: winner})
        speaker = winner if winner in spoken_by.values() else spoken_by[min(spoken_by)]
        by_speaker.setdefault(speaker, []).extend(group)
    return [
        Event(sorted(bodies, key=lambda told: (told.body.sha256 == speaker, order_of(told))))
        for speaker, bodies in by_speaker.items()
    ]


def _components(links: list[set[str]]) -> list[set[str]]:
    components: list[set[str]] = []
    for link in links:
        touching = [component for component in components if component & link]
        components = [component for component in components if component not in touching]
        components.append(link.union(*touching))
    return components


def _current(groups: list[list[Told]], things: dict[str, list[Thing]], classes: list[Class]) -> list[Class]:
    """Replace the things of superseded bodies by those of the bodies that correct them."""
    superseded = {told.body.sha256 for group in groups for told in group[:-1]}
    place = {_name(thing): number for number, a_class in enumerate(classes) for thing in a_class}
    links = [{str(number)} for number in range(len(classes))]
    for group in groups:
        for told in group[:-1]:
            for old in things[told.body.sha256]:
                new = _correction(old, things[told.body.sha256], things[group[-1].body.sha256])
                if new is not None:
                    links.append({str(place[_name(old)]), str(place[_name(new)])})
    joined = [[thing for number in link for thing in classes[int(number)]] for link in _components(links)]
    current = [[thing for thing in c if thing.told.body.sha256 not in superseded] for c in joined]
    return [a_class for a_class in current if a_class]


def _name(thing: Thing) -> tuple[str, int]:
    return thing.told.body.sha256, thing.place


def _correction(old: Thing, old_things: list[Thing], new_things: list[Thing]) -> Thing | None:
    """Return the one thing that corrects the old one: the only one about its receipt in both bodies.

    A rebill corrects no sale: a body that leaves its type out has that of the others with its id.
    """
    olds = [thing for thing in old_things if _about(thing) == _about(old)]
    news = [thing for thing in new_things if _about(thing) == _about(old)]
    return news[0] if len(olds) == len(news) == 1 else None


def _about(thing: Thing) -> tuple[str, bool] | None:
    return (thing.row.receipt, thing.row.is_rebill) if isinstance(thing.row, MoneyRow) else None
