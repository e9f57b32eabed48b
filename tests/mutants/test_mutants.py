"""A slice of the changes of the SQL that decides money is noticed; ``make mutants`` tries all of them."""

from __future__ import annotations

import random
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.amounts import some_of
from tests.mutants.catalogue import Catalogue
from tests.mutants.ground import ONE_ROW, by_the_first_oracle, near, quick_court
from tests.mutants.mutant import Mutant, mutants_of, parsed, written
from tests.mutants.report import Report, equal_in_meaning
from tests.sql.one_store import opened, refill

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.mutants.ground import Court

SLICE = 12
# One survivor of a slice so small is more than one in twenty; `make mutants` holds all of them to that.
LEAST_SHARE_OF_SLICE = 0.8
SEED = 1
# Subjects of models that simulated events of several sources and of subscriptions alone reach.
THIN = ("subscription", "cancellations", "source_", "shared_tellings", "matched_reversals")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.read()


@pytest.fixture(scope="module")
def judging(catalogue: Catalogue) -> Iterator[Court]:
    with quick_court(catalogue) as one:
        yield one


@pytest.fixture(scope="module")
def mutants(catalogue: Catalogue) -> list[Mutant]:
    return [mutant for model in catalogue.deciding for mutant in mutants_of(model)]


def test_the_oracle_agrees_with_the_tables_of_what_is_near_a_limit(tmp_path: Path) -> None:
    """`make mutants` asks it about the whole history, and the second oracle about a part."""
    for store in opened(tmp_path, threads=1):
        refill(store, near())
        assert by_the_first_oracle(store, near()) == []


def test_a_query_that_is_only_written_again_is_no_mutant(catalogue: Catalogue, judging: Court) -> None:
    """Else a mutant might be noticed for the rewriting, and not for its change."""
    for model in some_of(catalogue.deciding, 5):
        assert judging.evidence(Mutant(model.name, "nothing", partial(written, parsed(model)))) is None, (
            model.name
        )


def test_a_slice_of_the_mutants_is_noticed(judging: Court, mutants: list[Mutant]) -> None:
    proven = [mutant for mutant in mutants if mutant.model not in ONE_ROW and not _is_thin(mutant.model)]
    chosen = random.Random(SEED).sample(proven, SLICE)
    report = Report.of(((mutant, judging.evidence(mutant)) for mutant in chosen), equal_in_meaning())
    assert report.share >= LEAST_SHARE_OF_SLICE, [str(mutant) for mutant in report.total.survivors]
    assert report.total.misjudged == []


def _is_thin(model: str) -> bool:
    """Return whether the history holds no limits of a model's rules yet; `make mutants` tells its survivors too."""
    return any(subject in model for subject in THIN)


def test_each_mutation_listed_as_equal_in_meaning_can_still_be_made(mutants: list[Mutant]) -> None:
    unused = [each for each in equal_in_meaning() if not any(each.holds_for(mutant) for mutant in mutants)]
    assert unused == []


def test_every_mutant_of_a_model_has_a_name_of_its_own(mutants: list[Mutant]) -> None:
    assert len({(mutant.model, mutant.mutation) for mutant in mutants}) == len(mutants)
