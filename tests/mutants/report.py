"""Which mutants were noticed, by model, and which of the others mean the same as the query they were made from."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.mutants.mutant import Mutant

EQUAL_IN_MEANING = Path(__file__).with_name("equal_in_meaning.csv")
ANYTHING = "..."


@dataclass(frozen=True)
class Equality:
    """A mutation, or a family of them, that changes no row of any history.

    Attributes:
        model: The model's name; `...` stands for any.
        mutation: As `Mutant` names it; `...` stands for anything.
        reason: Why it means the same.
    """

    model: str
    mutation: str
    reason: str

    def holds_for(self, mutant: Mutant) -> bool:
        """Tell whether the mutant is one of these."""
        return _is_like(mutant.model, self.model) and _is_like(mutant.mutation, self.mutation)


def _is_like(text: str, pattern: str) -> bool:
    parts = [re.escape(part) for part in pattern.split(ANYTHING)]
    return re.fullmatch(".*".join(parts), text, re.DOTALL) is not None


def equal_in_meaning(path: Path = EQUAL_IN_MEANING) -> list[Equality]:
    """Read the mutations that mean nothing."""
    with path.open(encoding="utf-8", newline="") as file:
        return [Equality(**row) for row in csv.DictReader(file)]


@dataclass
class ModelReport:
    """The mutants of one model.

    Attributes:
        name: The model's.
        killed: How many were noticed.
        equal: How many are listed as equal in meaning.
        survivors: The others.
        misjudged: Those listed as equal in meaning that were noticed all the same.
    """

    name: str
    killed: int = 0
    equal: int = 0
    survivors: list[Mutant] = field(default_factory=list)
    misjudged: list[Mutant] = field(default_factory=list)

    @property
    def meant(self) -> int:
        """Count those that mean something."""
        return self.killed + len(self.survivors)

    def __str__(self) -> str:
        return f"{self.name:26} {self.meant:6} {self.killed:6} {len(self.survivors):8} {self.equal:6}"


@dataclass
class Report:
    """The mutants of all models."""

    models: list[ModelReport]

    HEADER = f"{'model':26} {'meant':>6} {'killed':>6} {'survived':>8} {'equal':>6}"

    @classmethod
    def of(cls, evidence: Iterable[tuple[Mutant, str | None]], equalities: Sequence[Equality]) -> Report:
        """Count the mutants; `evidence` says how each was noticed, or None."""
        models: dict[str, ModelReport] = {}
        for mutant, notice in evidence:
            model = models.setdefault(mutant.model, ModelReport(mutant.model))
            is_equal = any(equality.holds_for(mutant) for equality in equalities)
            if notice is not None:
                model.killed += 1
                model.misjudged += [mutant] if is_equal else []
            elif is_equal:
                model.equal += 1
            else:
                model.survivors.append(mutant)
        return cls(list(models.values()))

    @property
    def total(self) -> ModelReport:
        """Add up all models."""
        total = ModelReport("all models")
        for model in self.models:
            total.killed += model.killed
            total.equal += model.equal
            total.survivors += model.survivors
            total.misjudged += model.misjudged
        return total

    @property
    def share(self) -> float:
        """How many of the mutants with a meaning of their own were noticed."""
        total = self.total
        return total.killed / total.meant if total.meant else 1.0
