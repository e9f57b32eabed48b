"""A relation is scanned once for all ways that compare the same columns, and one row is looked for by its values."""

from __future__ import annotations

from transforms.explain_rule import Source
from transforms.lineage_query import Scan, Way, scans

ONE = {"receipt": "cast('A' as VARCHAR)", "vendor": None}


def test_ways_that_compare_the_same_columns_share_a_scan() -> None:
    ways = [
        Way(Source("t", {"receipt": "receipt"}), "a"),
        Way(Source("t", {"receipt": "root_receipt"}), "b", ONE),
    ]
    keys = "select receipt as receipt from a union all select root_receipt as receipt from b"
    condition = "source.receipt is not distinct from target.receipt"
    assert list(scans(ways)) == [Scan(f"semi join ({keys}) as target on {condition}", "true")]


def test_ways_with_different_conditions_do_not() -> None:
    ways = [
        Way(Source("t", {"receipt": "receipt"}, "source.is_counted"), "a"),
        Way(Source("t", {"receipt": "receipt"}), "b"),
        Way(Source("t", {"vendor": "vendor"}), "c"),
    ]
    assert [scan.where for scan in scans(ways)] == ["source.is_counted", "true", "true"]


def test_a_single_row_is_looked_for_by_its_values_and_no_value_is_one_too() -> None:
    source = Source(
        "t", {"receipt": "receipt", "vendor": "vendor"}, "source.a > target.receipt or target.vendor"
    )
    [scan] = scans([Way(source, "a", ONE)])
    wanted = (
        "source.receipt = cast('A' as VARCHAR) and source.vendor is null"
        " and (source.a > cast('A' as VARCHAR) or null)"
    )
    assert scan == Scan("", wanted)


def test_a_condition_on_many_rows_may_find_a_row_twice() -> None:
    [scan] = scans([Way(Source("t", where="source.day <= target.day"), "a")])
    assert scan == Scan("inner join a as target on true", "(source.day <= target.day)", is_unique=False)


def test_what_a_third_relation_tells_is_joined_to_it() -> None:
    [scan] = scans(
        [Way(Source("t", {}, "via.id = source.id and via.receipt = target.receipt", "v"), "a", ONE)]
    )
    condition = "(via.id = source.id and via.receipt = cast('A' as VARCHAR))"
    assert scan == Scan("inner join v as via on true", condition, is_unique=False)


def test_all_rows_are_taken_where_nothing_is_compared() -> None:
    assert list(scans([Way(Source("t"), "a"), Way(Source("t"), "b")])) == [Scan("", "true")]
