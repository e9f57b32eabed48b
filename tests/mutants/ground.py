"""The histories that mutants are built on, and the oracles that prove their tables."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, given, settings

from tests.differential.histories import many
from tests.differential.running import disagreements
from tests.mutants.judging import Judge
from tests.oracle import build_warehouse
from tests.sql.agreement import differences
from tests.sql.nasty_histories import histories
from tests.sql.one_store import opened, refill

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.mutants.catalogue import Catalogue
    from tests.mutants.mutant import Mutant
    from tests.oracle import RawDelivery
    from transforms.store.store import Store

SEEDS = range(40)
NASTY = 12


class UnprovenError(AssertionError):
    """The tables of the unchanged SQL are not an oracle's: no mutant can be judged by them."""


def told() -> list[RawDelivery]:
    """Return every situation that decides money, some of them entangled."""
    return list(many(SEEDS))  # type: ignore[arg-type]


def nasty() -> list[RawDelivery]:
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
    return found


@contextmanager
def judge(
    catalogue: Catalogue,
    deliveries: Sequence[RawDelivery],
    prove: Callable[[Store, Sequence[RawDelivery]], list[str]],
) -> Iterator[Judge]:
    """Give a judge whose tables an oracle agrees with.

    Raises:
        UnprovenError: It does not agree.
    """
    with tempfile.TemporaryDirectory() as folder:
        for store in opened(Path(folder)):
            refill(store, deliveries)
            if lines := prove(store, deliveries):
                raise UnprovenError("\n".join(lines))
            one = Judge(store, catalogue)
            yield one
            one.close()


class Court:
    """Judges of several histories: a mutant that one of them notices is noticed."""

    def __init__(self, judges: Sequence[Judge]) -> None:
        self._judges = judges

    def evidence(self, mutant: Mutant) -> str | None:
        """Return how a mutant is noticed, or None if no published table of any history shows it."""
        return next((notice for one in self._judges if (notice := one.evidence(mutant)) is not None), None)


@contextmanager
def court(catalogue: Catalogue) -> Iterator[Court]:
    """Give the judges of all histories."""
    with ExitStack() as stack:
        yield Court(
            [
                stack.enter_context(judge(catalogue, told(), disagreements)),
                stack.enter_context(judge(catalogue, nasty(), by_the_first_oracle)),
            ]
        )


def by_the_first_oracle(store: Store, deliveries: Sequence[RawDelivery]) -> list[str]:
    """Return how the tables of a store differ from the first oracle's."""
    return differences(store, build_warehouse(deliveries))
