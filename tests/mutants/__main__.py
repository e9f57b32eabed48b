"""Judge every mutant: ``python -m tests.mutants [MODEL ...]``; fails when too few are noticed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tests.mutants.catalogue import Catalogue
from tests.mutants.ground import court
from tests.mutants.mutant import Mutant, mutants_of
from tests.mutants.report import Report, equal_in_meaning

if TYPE_CHECKING:
    from collections.abc import Iterator

LEAST_SHARE = 0.95


def evidence(names: list[str]) -> Iterator[tuple[Mutant, str | None]]:
    """Give each mutant and how it was noticed."""
    catalogue = Catalogue.read()
    with court(catalogue) as judging:
        for model in catalogue.deciding:
            if not names or model.name in names:
                for mutant in mutants_of(model):
                    yield mutant, judging.evidence(mutant)


def main(names: list[str]) -> int:
    """Print how many mutants of each model were noticed, and those that were not."""
    report = Report.of(evidence(names), equal_in_meaning())
    total = report.total
    print(Report.HEADER, *report.models, total, sep="\n")
    print(*(f"survived  {mutant}" for mutant in total.survivors), sep="\n")
    print(*(f"noticed, and listed as equal in meaning  {mutant}" for mutant in total.misjudged), sep="\n")
    print(f"{report.share:.1%} of the changes that mean anything were noticed")
    return 0 if report.share >= LEAST_SHARE and not total.misjudged else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
