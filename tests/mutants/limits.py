"""Situations at the limit of a rule, each the smallest in which the rule decides; written by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from tests.mutants.limits_of_alerts import matched, measured, stores
from tests.mutants.limits_of_keys import KEYS
from tests.mutants.limits_of_reading import ALERTS, MOMENTS, READINGS, SYNCS
from tests.mutants.limits_of_reversals import REVERSALS
from tests.mutants.limits_of_sellers import SELLERS
from tests.mutants.limits_of_subjects import SUBJECTS
from tests.mutants.limits_of_sums import SUMS
from tests.mutants.limits_of_units import UNITS
from tests.second_oracle import Delivery

if TYPE_CHECKING:
    Body = dict[str, Any]

RECEIVED = datetime(2026, 5, 1, 12, tzinfo=UTC)


def limits() -> list[Delivery]:
    """Return the deliveries of all situations; their receipts do not meet."""
    bodies = chain.from_iterable(
        (
            *READINGS,
            *ALERTS,
            *MOMENTS,
            *SYNCS,
            *KEYS,
            *SUBJECTS,
            *REVERSALS,
            *SUMS,
            *SELLERS,
            *UNITS,
            matched(),
            stores(),
            measured(),
        )
    )
    return [Delivery(RECEIVED, json.dumps(body).encode()) for body in bodies]
