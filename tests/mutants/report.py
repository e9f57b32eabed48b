"""Which mutants were noticed, by model, and which of the others mean the same as the query they were made from."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.mutants.mutant import Mutant

EQUAL_IN_MEANING = Path(__file__).with_name("equal_in_meaning.csv")


def equal_in_meaning(path: Path = EQUAL_IN_MEANING) -> dict[tuple[str, str], str]:
    """Return the reason of each mutation that changes no row of any history."""
    with path.open(encoding="utf-8", newline="") as file:
        return {(row["model"], row["mutation"]): row["reason"] for row in csv.DictReader(file)}


@dataclass
class ModelReport:
    """The mutants of one model."""

    name: str
    killed: int = 0
    equal: int = 0
    survivors: list[Mutant] = field(default_factory=list)

    @property
    def mutants(self) -> int:
        """All of them."""
        return self.killed + self.equal + len(self.survivors)

    def __str__(self) -> str:
        return f"{self.name:26} {self.mutants:5} {self.killed:7} {self.equal:6} {len(self.survivors):9}"


@dataclass
class Report:
    """The mutants of all models."""

    models: list[ModelReport]

    HEADER = f"{'model':26} {'mutants':>5} {'killed':>6} {'equal':>6} {'survivors':>9}"

    @classmethod
    def of(
        cls, evidence: Iterable[tuple[Mutant, str | None]], reasons: Mapping[tuple[str, str], str]
    ) -> Report:
        """Count the mutants; `evidence` says how each was noticed, or None."""
        models: dict[str, ModelReport] = {}
        for mutant, notice in evidence:
            model = models.setdefault(mutant.model, ModelReport(mutant.model))
            if notice is not None:
                model.killed += 1
            elif (mutant.model, mutant.mutation) in reasons:
                model.equal += 1
            else:
                model.survivors.append(mutant)
        return cls(list(models.values()))

    @property
    def share(self) -> float:
        """How many of the mutants with a meaning of their own were noticed."""
        killed = sum(model.killed for model in self.models)
        meant = sum(model.mutants - model.equal for model in self.models)
        return killed / meant if meant else 1.0
