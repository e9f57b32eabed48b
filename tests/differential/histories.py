"""A history from a seed: some stories, their bodies repeated, shuffled and cut into batches."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.differential import (
    stories_of_notices,
    stories_of_puzzles,
    stories_of_reading,
    stories_of_reversals,
    stories_of_sales,
)
from tests.differential.teller import LAST_DAY, START, Teller
from tests.second_oracle import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

STORIES: tuple[Callable[[Teller], list[Any]], ...] = (
    *stories_of_sales.STORIES,
    *stories_of_reversals.STORIES,
    *stories_of_reading.STORIES,
    *stories_of_notices.STORIES,
    *stories_of_puzzles.STORIES,
)
RECEIPTS = ("KAYAK", "PADDLE", "OAR")
RECEIVED = START + timedelta(days=LAST_DAY + 11)
ONE_IN_TANGLED = 3
ONE_IN_EARLIER = 4
EARLIER = timedelta(days=105)
MOST_BATCHES = 3


@dataclass(frozen=True)
class History:
    """The deliveries of one seed, and where each further batch begins."""

    seed: int
    deliveries: list[Delivery]
    cuts: list[int]


def history(seed: int, stories: int = 6, *, stem: str = "") -> History:
    """Invent a history; each third is tangled: its stories meet in a few receipts and ids.

    Args:
        seed: Decides everything.
        stories: How many situations it mixes.
        stem: Keeps its receipts apart from those of other histories.
    """
    rng = random.Random(seed)
    receipts = tuple(f"{receipt}{stem}" for receipt in RECEIPTS)
    start = START - EARLIER if seed % ONE_IN_EARLIER == 1 else START
    teller = Teller(rng, receipts, is_tangled=seed % ONE_IN_TANGLED == 0, start=start)
    chosen = rng.sample(STORIES, min(stories, len(STORIES)))
    bodies = [_written(rng, body) for story in chosen for body in story(teller)]
    bodies += rng.sample(bodies, len(bodies) // 5)
    rng.shuffle(bodies)
    deliveries = [Delivery(RECEIVED + timedelta(seconds=rng.randrange(40_000)), body) for body in bodies]
    places = range(1, len(deliveries))
    cuts = sorted(rng.sample(places, min(len(places), rng.randint(0, MOST_BATCHES - 1))))
    return History(seed, deliveries, cuts)


def many(seeds: Iterable[int]) -> list[Delivery]:
    """Return the deliveries of several histories, whose receipts do not meet, as one."""
    return [delivery for seed in seeds for delivery in history(seed, stem=f"{seed}X").deliveries]


def _written(rng: random.Random, body: Any) -> bytes:
    """Write a body as one of several JSON writers does; a lone surrogate can only be escaped."""
    text = json.dumps(body, ensure_ascii=True, indent=rng.choice([None, None, 2]))
    return text.replace("/", "\\/").encode() if rng.random() < 1 / 5 else text.encode()
