"""Histories of bodies that differ from each other in a field or two: the more alike, the more a comparison decides."""

from __future__ import annotations

import random
import re
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.oracle import RawDelivery
from tests.sql.nasty_fields import ITEMS, LINE
from tests.sql.nasty_histories import RECEIVED, encode, put
from tests.sql.nasty_values import ACCOUNTS, TIMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.sql.nasty_fields import Field

Body = dict[str, Any]
BODIES = 14
FEW = 3
MONEY = ("sale.created", "refund.processed", "chargeback.received")
TYPES = (*MONEY, *MONEY, "sale.created", "threshold.reached", "data.synced")
# The names by which the bodies of two histories could meet.
_NAMES = re.compile(rb"(?i)(?<![a-z0-9])(aaa1|bbb2|ccc3|ddd4|1001|1002|[ers][1-3]|d[12])(?![a-z0-9])")


def varied_histories(seeds: Iterable[int]) -> list[RawDelivery]:
    """Return one history of each seed, whose receipts and ids do not meet those of another."""
    return [delivery for seed in seeds for delivery in Variation(random.Random(seed)).deliveries(seed)]


@dataclass
class Variation:
    """The chance of one history, and the few values that each field takes in it."""

    rng: random.Random
    pools: dict[tuple[str, ...], list[Any]] = field(default_factory=dict)

    def deliveries(self, seed: int) -> Iterator[RawDelivery]:
        """Tell a few things, and vary them again and again."""
        types = ("sale.created", *self.rng.sample(TYPES, 2))
        told = [(type_, self.data(type_)) for type_ in self.rng.choices(types, k=3)]
        while len(told) < BODIES:
            told.append(self.near(*self.rng.choice(told)))
        for type_, data in told:
            body = encode(self.body(type_, data), is_ascii=True, is_spaced=False, is_php=False)
            minutes = self.rng.randint(-3000, 100)
            yield RawDelivery(RECEIVED + timedelta(minutes=minutes), _named(seed, body))

    def chance(self, share: float) -> bool:
        """Tell whether something with this probability happens."""
        return self.rng.random() < share

    def value(self, wanted: Field) -> Any:
        """Choose one of the few values of a field."""
        if wanted.keys not in self.pools:
            self.pools[wanted.keys] = self.rng.sample(wanted.values, min(FEW, len(wanted.values)))
        return self.rng.choice(self.pools[wanted.keys])

    def filled(self, fields: tuple[Field, ...]) -> Body:
        """Fill some fields, each under one of its keys."""
        data: Body = {}
        for wanted in fields:
            if self.rng.randrange(9) < wanted.often:
                put(data, self.rng.choice(wanted.keys[:FEW]), self.value(wanted))
        return data

    def data(self, type_: str) -> Body:
        """Return the fields of something new, perhaps with lines."""
        data = self.filled(ITEMS[type_])
        if type_ in MONEY and self.chance(0.4):
            data.setdefault("lineItems", [self.filled(LINE) for _ in range(self.rng.randint(1, 2))])
        return data

    def near(self, type_: str, data: Body) -> tuple[str, Body]:
        """Change or leave out a field or two; now and then, say the same of another type."""
        varied = deepcopy(data)
        for wanted in self.rng.sample(ITEMS[type_], self.rng.randint(0, 2)):
            keys = [key for key in wanted.keys if key in varied]
            for key in keys:
                del varied[key]
            if self.chance(0.8) or not keys:
                put(varied, keys[0] if keys else wanted.keys[0], self.value(wanted))
        if type_ in MONEY and self.chance(0.15):
            return self.rng.choice(MONEY), varied
        return type_, varied

    def body(self, type_: str, data: Body) -> Body:
        """Put data into an envelope: alone, or with others near it."""
        envelope: Body = {"type": type_}
        if self.chance(0.5):
            envelope["id"] = self.rng.choice(("e1", "e2"))
        if self.chance(0.5):
            envelope["created_at"] = self.rng.choice(TIMES)
        if self.chance(0.3):
            envelope["account"] = self.rng.choice(ACCOUNTS)
        if self.chance(0.3):
            rows = [self.near(type_, data)[1] for _ in range(self.rng.randint(0, 2))]
            return envelope | {"data": [data, *rows]}
        return envelope | {"data": data}


def _named(seed: int, body: bytes) -> bytes:
    """Keep the receipts and ids of a history apart from those of others; a number stays a number."""
    return _NAMES.sub(lambda name: name[0] + (b"%d" if name[0].isdigit() else b"x%d") % seed, body)
