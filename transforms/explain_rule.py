"""Which rows of its inputs a row of a model was computed from, as the model's header says.

::

    -- explained by fct_refunds: refunded_date as report_date, currency where source.is_counted
    -- explained by stg_rate_days: where source.entered_date <= target.report_date
    -- explained by stg_today: all

``target`` is the row to explain, ``source`` a row of the relation named. Columns are compared with the target's of the
same name, or of the name behind ``as``; two NULLs are equal. Behind ``where`` stands any condition on both.

Most models need no such line: the refresh rule says which input rows a row depends on, and an input it does not mention
is taken whole. Lines are written where that is far more than what a row was computed from, such as a window of days. A
model with such lines is explained by them alone. They may name any relation further up, passing over what lies between;
several may name the same one; and one may name the model itself, for rows that decide each other.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ingest.errors import WarehouseError
from transforms.refresh_rule import column_pairs

if TYPE_CHECKING:
    from collections.abc import Callable

    from transforms.models import Model

_LINE = re.compile(r"^-- explained by (\w+): *(.+)$", re.MULTILINE)
_RULE = re.compile(r"^(?:all|(?P<pairs>(?!where\b).+?)??(?: *\bwhere (?P<condition>.+))?)$")


class Source(NamedTuple):
    """Some rows of a relation that rows of a model were computed from.

    Attributes:
        relation: Where they are.
        condition: SQL on ``source`` and ``target`` that is true for them.
    """

    relation: str
    condition: str


def sources(model: Model, columns: Callable[[str], frozenset[str]]) -> list[Source]:
    """Return where a model's rows come from, by its ``explained by`` lines or else by its refresh rule.

    Args:
        model: The model.
        columns: Tells the columns of an input.

    Raises:
        WarehouseError: A line is not understood.
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
    conditions = [
        f"source.{column} is not distinct from target.{of_target}" for of_target, column in pairs.items()
    ]
    if found["condition"]:
        conditions.append(f"({found['condition']})")
    return Source(relation, " and ".join(conditions) or "true")


def _from_refresh(model: Model, relation: str, available: frozenset[str]) -> Source:
    mapped = model.refresh.mapping(relation, available)
    if mapped is None:
        return Source(relation, "true")
    pairs = zip(mapped, model.refresh.columns, strict=True)
    return Source(relation, " and ".join(f"source.{column} = target.{key}" for column, key in pairs))
