"""The history that mutants are built on, and the oracles that prove its tables."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, given, settings

from tests.differential.histories import many
from tests.differential.running import disagreements
from tests.mutants.judging import Judge
from tests.mutants.limits import limits
from tests.mutants.tangles import tangles
from tests.mutants.variations import varied_histories
from tests.oracle import build_warehouse
from tests.sql.agreement import differences
from tests.sql.nasty_histories import histories
from tests.sql.one_store import opened, refill

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.mutants.catalogue import Catalogue
    from tests.oracle import RawDelivery
    from transforms.store.store import Store

# Of the histories of these seeds an oracle and the product read something in two ways: they prove nothing.
DISPUTED = frozenset({20, 24})
DISPUTED_VARIATIONS = frozenset({2, 4, 21, 39, 46, 58})
SEEDS = tuple(seed for seed in range(40) if seed not in DISPUTED)
VARIATIONS = tuple(seed for seed in range(60) if seed not in DISPUTED_VARIATIONS)
TANGLES = range(250)
NASTY = 12


class UnprovenError(AssertionError):
    """The tables of the unchanged SQL are not an oracle's: no mutant can be judged by them."""


def told() -> list[RawDelivery]:
    """Return every situation that decides money, some of them entangled."""
    return list(many(SEEDS))  # type: ignore[arg-type]


def near() -> list[RawDelivery]:
    """Return what is about one receipt or one id, at the limits of the rules and in a tangle."""
    return [*limits(), *tangles(TANGLES)]  # type: ignore[list-item]


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


@contextmanager
def judge(catalogue: Catalogue, *, is_proven: bool = True) -> Iterator[Judge]:
    """Give the judge whose tables the oracles agree with.

    Args:
        catalogue: The models.
        is_proven: Whether to ask the oracles; they take longer than the tables.

    Raises:
        UnprovenError: They do not agree.
    """
    with tempfile.TemporaryDirectory() as folder:
        for store in opened(Path(folder), threads=1):
            if is_proven:
                prove(store)
            refill(store, [*told(), *near(), *odd()])
            one = Judge(store, catalogue)
            yield one
            one.close()


def prove(store: Store) -> None:
    """Hold the tables of what is told against both oracles, and those of everything against the first.

    Raises:
        UnprovenError: They differ.
    """
    refill(store, told())
    lines = disagreements(store, told())  # type: ignore[arg-type]
    everything: Sequence[RawDelivery] = [*told(), *near(), *odd()]
    refill(store, everything)
    if lines := [*lines, *differences(store, build_warehouse(everything))]:
        raise UnprovenError("\n".join(lines))
