"""A flood of one kind of refusal is counted, and never hides another kind."""

from __future__ import annotations

from ingest.receiver.rate_limit import RateLimit


def test_a_flood_of_one_kind_is_counted_and_does_not_hide_another() -> None:
    limit = RateLimit(per_second=3)
    outcomes = [limit.admit("missing") for _ in range(1000)]
    assert outcomes[:3] == [0, 0, 0]
    assert outcomes.count(None) >= 900
    assert limit.admit("mismatch") == 0
