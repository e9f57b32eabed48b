"""Limits are data: ours, or the owner's instead; an error names the wrong line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cbw.errors import ConfigurationError
from transforms.report.limits import COLUMNS, Limits

if TYPE_CHECKING:
    from pathlib import Path


def limits(tmp_path: Path, *lines: str) -> Limits:
    (tmp_path / "limits.csv").write_text("\n".join([",".join(COLUMNS), *lines, ""]), encoding="utf-8")
    return Limits.for_data_dir(tmp_path)


def test_ours_are_those_that_clickbank_and_the_networks_set(tmp_path: Path) -> None:
    ours = Limits.for_data_dir(tmp_path)
    assert [(limit.window_days, limit.value) for limit in ours.of("refund_rate")] == [(60, 0.15)]
    assert [(limit.level, limit.value) for limit in ours.of("chargeback_rate")] == [
        ("watch", 0.01), ("warning", 0.015), ("limit", 0.02),
    ]  # fmt: skip
    assert [(limit.window_days, limit.value) for limit in ours.of("chargeback_rate_month")] == [(None, 0.015)]


def test_the_owners_limits_replace_all_of_ours(tmp_path: Path) -> None:
    theirs = limits(tmp_path, "refund_rate,30,watch,0.08,mine")
    assert theirs.window_of("refund_rate", 60) == 30
    assert theirs.of("chargeback_rate") == ()
    assert theirs.window_of("chargeback_rate", 14) == 14


@pytest.mark.parametrize(
    ("rate", "level"),
    [(None, None), (0.0, None), (0.0099, None), (0.01, "watch"), (0.0199, "warning"), (0.3, "limit")],
)
def test_a_rate_has_reached_the_highest_limit_at_or_below_it(
    tmp_path: Path, rate: float | None, level: str | None
) -> None:
    reached = Limits.for_data_dir(tmp_path).reached("chargeback_rate", rate)
    assert (reached.level if reached else None) == level


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("net_sales,30,limit,0.1,x", "line 2: the metric 'net_sales' is none of refund_rate"),
        ("refund_rate,30,alarm,0.1,x", "line 2: the level 'alarm' is none of watch"),
        ("refund_rate,14,limit,0.1,x", "line 2: refund_rate has no window_days '14'"),
        ("chargeback_rate_month,30,limit,0.1,x", "line 2: chargeback_rate_month has no window_days '30'"),
        ("refund_rate,30,limit,much,x", "line 2: the value 'much' is no number"),
        ("refund_rate,30,limit,15,x", "line 2: the value 15 is no fraction"),
        ("refund_rate,30,limit,nan,x", "line 2: the value nan is no fraction"),
        (
            "refund_rate,30,limit,0.1,x\nrefund_rate,60,watch,0.1,x",
            "the limits of refund_rate must share one",
        ),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        limits(tmp_path, line)


def test_other_columns_are_refused(tmp_path: Path) -> None:
    (tmp_path / "limits.csv").write_text("metric,value\nrefund_rate,0.1\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="the first line must be metric,window_days"):
        Limits.for_data_dir(tmp_path)
