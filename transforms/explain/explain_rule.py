"""The rule by which a model's header explains a row: which rows of which relations the row was computed from.

::

    -- explained by fct_refunds: refunded_date as report_date, currency where source.is_counted
    -- explained by int_rate_days: where source.entered_date <= target.report_date
    -- explained by int_events: event_type via stg_body_shapes where via.shape_hash = target.shape_hash
    -- explained by int_today: all
    -- explained by int_rate_days: currency, vendor file explained/refund_rates_by_int_rate_days.sql

``target`` is the row to explain, ``source`` a row of the relation that the line names. The columns must equal the
target's columns of the same name, or of the name after ``as``; two NULLs are equal. ``where`` adds any condition on
both. ``via`` adds a third relation to the condition, for rows that are only related through it. For a long condition,
``file`` names the SELECT of the source rows, whose condition begins at its line ``where``.

Most models need no such line: by the refresh rule a row depends on the input rows with its refresh key, and on every
row of an input that the rule does not mention. A model has lines if this is far more than the rows from which a row was
computed, as with a window of days. The lines of a model replace its refresh rule here. They may name any upstream
relation, and skip those between; several may name the same one; and one may name the model itself, whose rows can
decide each other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cbw.errors import WarehouseError
from transforms.definitions.refresh_rule import column_pairs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from transforms.definitions.model import Model

_LINE = re.compile(r"^-- explained by (\w+): *(.+)$", re.MULTILINE)
_RULE = re.compile(
    r"^(?:all|(?P<pairs>(?!where\b|via\b|file\b).+?)??(?: *\bvia (?P<via>\w+))?"
    r"(?: *\bwhere (?P<condition>.+)| *\bfile (?P<file>explained/\w+\.sql))?)$"
)
_CONDITION = re.compile(r"^where\b(.+)\Z", re.MULTILINE | re.DOTALL)
TARGET_COLUMN = re.compile(r"\btarget\.(\w+)")


@dataclass(frozen=True)
class Source:
    """The rule for the source rows in one relation.

    Attributes:
        relation: The source relation.
        pairs: For each source column to compare, the target's column.
        where: A further condition in SQL on ``source``, ``target`` and ``via``.
        via: A third relation in the condition.
    """

    relation: str
    pairs: dict[str, str] = field(default_factory=dict)
    where: str | None = None
    via: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether the rule uses the target in the pairs only."""
        return self.via is None and not TARGET_COLUMN.search(self.where or "")

    @property
    def target_columns(self) -> frozenset[str]:
        """The columns of the target that the rule uses."""
        return frozenset((*self.pairs.values(), *TARGET_COLUMN.findall(self.where or "")))


def sources(model: Model, columns: Callable[[str], frozenset[str]]) -> list[Source]:
    """Return the rules of a model's ``explained by`` lines, or those that follow from its refresh rule.

    Args:
        model: The model.
        columns: Returns the columns of an input.

    Raises:
        WarehouseError: A line is wrong, or the file that it names has no condition.
    """
    written = [_from_line(model, relation, text) for relation, text in _LINE.findall(model.sql)]
    return written or [_from_refresh(model, name, columns(name)) for name in sorted(model.inputs)]


def _from_line(model: Model, relation: str, text: str) -> Source:
    match = _RULE.match(text.strip())
    try:
        pairs = column_pairs(match["pairs"] or "") if match else {}
    except ValueError:
        match = None
    if match is None:
        raise WarehouseError(f"model {model.name}: 'explained by {relation}: {text}' is not understood")
    where = _condition(model.directory / match["file"]) if match["file"] else match["condition"]
    return Source(relation, {column: of_target for of_target, column in pairs.items()}, where, match["via"])


def _condition(path: Path) -> str:
    """Return the condition of the SELECT in a file."""
    match = _CONDITION.search(path.read_text(encoding="utf-8")) if path.exists() else None
    if match is None:
        raise WarehouseError(f"{path}: there is no condition, which begins at a line 'where'")
    return match[1].strip()


def _from_refresh(model: Model, relation: str, available: frozenset[str]) -> Source:
    mapped = model.refresh.mapping(relation, available)
    return Source(relation, dict(zip(mapped or (), model.refresh.columns if mapped else (), strict=True)))
