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
    """Give each mutant and how it was noticed, and print those that were not."""
    catalogue = Catalogue.read()
    with court(catalogue) as judges:
        for model in catalogue.deciding:
            if names and model.name not in names:
                continue
            for mutant in mutants_of(model):
                notice = judges.evidence(mutant)
                if notice is None:
                    print(f"survived  {mutant}", flush=True)
                yield mutant, notice


def main(names: list[str]) -> int:
    """Print how many mutants of each model were noticed."""
    report = Report.of(evidence(names), equal_in_meaning())
    print(Report.HEADER, *report.models, sep="\n")
    print(f"{report.share:.1%} of the changes that mean anything were noticed")
    return 0 if report.share >= LEAST_SHARE else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
