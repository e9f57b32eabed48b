"""Which rows of its inputs a row of a model was computed from, as the model's header says.

::

    -- explained by fct_refunds: refunded_date as report_date, currency where source.is_counted
    -- explained by int_rate_days: where source.entered_date <= target.report_date
    -- explained by int_events: event_type via stg_body_shapes where via.shape_hash = target.shape_hash
    -- explained by int_today: all
    -- explained by int_rate_days: currency, vendor file explained/refund_rates_by_int_rate_days.sql

``target`` is the row to explain, ``source`` a row of the relation named. Columns are compared with the target's of the
same name, or of the name behind ``as``; two NULLs are equal. Behind ``where`` stands any condition on both. ``via``
names one more relation that the condition may speak of, for rows that only a third tells to belong together. Where a
condition is long, ``file`` names the SELECT of such rows, and the condition begins at its line ``where``.

Most models need no such line: the refresh rule says which input rows a row depends on, and an input it does not mention
is taken whole. Lines are written where that is far more than what a row was computed from, such as a window of days. A
model with such lines is explained by them alone. They may name any relation further up, passing over what lies between;
several may name the same one; and one may name the model itself, for rows that decide each other.
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
    """Some rows of a relation that rows of a model were computed from.

    Attributes:
        relation: Where they are.
        pairs: For each of their columns to compare, the target's.
        where: SQL on ``source``, ``target`` and ``via`` that is true for them as well.
        via: One more relation that ``where`` speaks of.
    """

    relation: str
    pairs: dict[str, str] = field(default_factory=dict)
    where: str | None = None
    via: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether the target plays no part but in the pairs."""
        return self.via is None and not TARGET_COLUMN.search(self.where or "")

    @property
    def target_columns(self) -> frozenset[str]:
        """The columns that must be known of the rows to explain."""
        return frozenset((*self.pairs.values(), *TARGET_COLUMN.findall(self.where or "")))


def sources(model: Model, columns: Callable[[str], frozenset[str]]) -> list[Source]:
    """Return where a model's rows come from, by its ``explained by`` lines or else by its refresh rule.

    Args:
        model: The model.
        columns: Tells the columns of an input.

    Raises:
        WarehouseError: A line is not understood, or the file that it names holds no condition.
    """
    written = [_from_line(model, relation, text) for relation, text in _LINE.findall(model.sql)]
    return written or [_from_refresh(model, name, columns(name)) for name in sorted(model.inputs)]


def _from_line(model: Model, relation: str, text: str) -> Source:
    found = _RULE.match(text.strip())
    try:
        pairs = column_pairs(found["pairs"] or "") if found else {}
    except ValueError:
        found = None
    if found is None:
        raise WarehouseError(f"model {model.name}: 'explained by {relation}: {text}' is not understood")
    where = _condition(model.directory / found["file"]) if found["file"] else found["condition"]
    return Source(relation, {column: of_target for of_target, column in pairs.items()}, where, found["via"])


def _condition(path: Path) -> str:
    """Return the condition of the SELECT in a file."""
    found = _CONDITION.search(path.read_text(encoding="utf-8")) if path.exists() else None
    if found is None:
        raise WarehouseError(f"{path}: there is no condition, which begins at a line 'where'")
    return found[1].strip()


def _from_refresh(model: Model, relation: str, available: frozenset[str]) -> Source:
    mapped = model.refresh.mapping(relation, available)
    return Source(relation, dict(zip(mapped or (), model.refresh.columns if mapped else (), strict=True)))
