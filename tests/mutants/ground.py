"""The history that mutants are built on, and the oracles that prove its tables."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, given, settings

from tests.differential.histories import many
from tests.differential.running import disagreements
from tests.mutants.judging import Judge
from tests.mutants.limits import limits
from tests.mutants.limits_of_today import TODAYS
from tests.mutants.tangles import tangles
from tests.mutants.variations import varied_histories
from tests.oracle import build_warehouse
from tests.sql.agreement import differences
from tests.sql.nasty_histories import histories
from tests.sql.one_store import opened, refill
from tests.sql.source_histories import told_by_some

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.mutants.catalogue import Catalogue
    from tests.mutants.mutant import Mutant
    from tests.oracle import RawDelivery
    from transforms.store.store import Store

# The first oracle and the product read something of the histories of these seeds in two ways: they prove nothing.
DISPUTED = frozenset({12, 24, 29})
DISPUTED_VARIATIONS = frozenset({2, 4, 21, 39, 46, 58})
SEEDS = tuple(seed for seed in range(40) if seed not in DISPUTED)
VARIATIONS = tuple(seed for seed in range(60) if seed not in DISPUTED_VARIATIONS)
TANGLES = range(350)
EVENTS_OF_SOURCES = 150
SEEDS_OF_SOURCES = (1, 2, 3)
NASTY = 12
ONE_ROW = frozenset({"int_as_of", "int_today"})


class UnprovenError(AssertionError):
    """The tables of the unchanged SQL are not an oracle's: no mutant can be judged by them."""


def told() -> list[RawDelivery]:
    """Return every situation that decides money, some of them entangled."""
    return list(many(SEEDS))  # type: ignore[arg-type]


def near() -> list[RawDelivery]:
    """Return histories of one receipt or id each, at the limits of the rules and in tangles, and of several sources."""
    of_sources = [told_by_some(EVENTS_OF_SOURCES, seed) for seed in SEEDS_OF_SOURCES]
    return [*limits(), *tangles(TANGLES), *chain(*of_sources)]  # type: ignore[list-item]


def odd() -> list[RawDelivery]:
    """Return the same few histories of every key, blank and broken value on each run."""
    found: list[RawDelivery] = []

    @settings(
        max_examples=NASTY,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(deliveries=histories(max_size=40))
    def collect(deliveries: list[RawDelivery]) -> None:
        found.extend(deliveries)

    collect()
    return found + varied_histories(VARIATIONS)


def everything() -> list[RawDelivery]:
    """Return the one history that every mutant is judged by."""
    return [*told(), *near(), *odd()]


class Court:
    """The judge of the whole history, and those of small ones.

    A table of one row, such as the day that all tables are as of, shows one situation of a history: only its mutants
    are judged by the small ones too.
    """

    def __init__(self, judge: Judge, small: Sequence[Judge]) -> None:
        self._judge = judge
        self._small = small

    def evidence(self, mutant: Mutant) -> str | None:
        """Return how a mutant is noticed, or None."""
        judges = [self._judge, *(self._small if mutant.model in ONE_ROW else ())]
        return next((notice for judge in judges if (notice := judge.evidence(mutant)) is not None), None)


@contextmanager
def court(catalogue: Catalogue) -> Iterator[Court]:
    """Give the judges of histories whose tables the oracles agree with.

    Raises:
        UnprovenError: They do not agree.
    """
    with ExitStack() as stack:
        stack.enter_context(_judge(catalogue, told(), disagreements))
        whole = stack.enter_context(_judge(catalogue, everything(), by_the_first_oracle))
        yield Court(whole, [stack.enter_context(_judge(catalogue, each, disagreements)) for each in TODAYS])


@contextmanager
def quick_court(catalogue: Catalogue) -> Iterator[Court]:
    """Give the judge of the whole history alone, and ask no oracle: that takes longer than to build its tables."""
    with _judge(catalogue, everything(), None) as whole:
        yield Court(whole, ())


@contextmanager
def _judge(
    catalogue: Catalogue,
    deliveries: Sequence[RawDelivery],
    differences_of: Callable[[Store, Sequence[RawDelivery]], list[str]] | None,
) -> Iterator[Judge]:
    with tempfile.TemporaryDirectory() as folder:
        for store in opened(Path(folder), threads=1):
            refill(store, deliveries)
            if differences_of is not None and (lines := differences_of(store, deliveries)):
                raise UnprovenError("\n".join(lines))
            one = Judge(store, catalogue)
            yield one
            one.close()


def by_the_first_oracle(store: Store, deliveries: Sequence[RawDelivery]) -> list[str]:
    """Return how the tables of a store differ from the first oracle's."""
    return differences(store, build_warehouse(deliveries))
