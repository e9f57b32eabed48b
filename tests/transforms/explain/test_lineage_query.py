"""All edges that compare the same columns share a scan, and the query for a single row holds its values."""

from __future__ import annotations

from transforms.definitions.key_hash import hash_of
from transforms.explain.explain_rule import Source
from transforms.explain.lineage_query import FEW, Edge, Hashed, Scan, scans

ONE = {"receipt": "cast('A' as VARCHAR)", "vendor": None}


def test_edges_that_compare_the_same_columns_share_a_scan() -> None:
    edges = [
        Edge(Source("t", {"receipt": "receipt"}), "a"),
        Edge(Source("t", {"receipt": "root_receipt"}), "b", ONE),
    ]
    keys = "select receipt as receipt from a union all select root_receipt as receipt from b"
    condition = "source.receipt is not distinct from target.receipt"
    scan = Scan(f"semi join ({keys}) as target on {condition}", "true", columns=("receipt",))
    assert list(scans(edges)) == [scan]


def test_edges_with_different_conditions_do_not() -> None:
    edges = [
        Edge(Source("t", {"receipt": "receipt"}, "source.is_counted"), "a"),
        Edge(Source("t", {"receipt": "receipt"}), "b"),
        Edge(Source("t", {"vendor": "vendor"}), "c"),
    ]
    assert [scan.where for scan in scans(edges)] == ["source.is_counted", "true", "true"]


def test_the_query_for_a_single_row_holds_its_values_nulls_included() -> None:
    source = Source(
        "t", {"receipt": "receipt", "vendor": "vendor"}, "source.a > target.receipt or target.vendor"
    )
    [scan] = scans([Edge(source, "a", ONE)])
    wanted = (
        "source.receipt = cast('A' as VARCHAR) and source.vendor is null"
        " and (source.a > cast('A' as VARCHAR) or null)"
    )
    assert scan == Scan("", wanted)


def test_a_condition_on_many_rows_may_find_a_row_twice() -> None:
    [scan] = scans([Edge(Source("t", where="source.day <= target.day"), "a")])
    assert scan == Scan("inner join a as target on true", "(source.day <= target.day)", is_unique=False)


def test_a_third_relation_in_the_condition_is_joined() -> None:
    [scan] = scans(
        [Edge(Source("t", {}, "via.id = source.id and via.receipt = target.receipt", "v"), "a", ONE)]
    )
    condition = "(via.id = source.id and via.receipt = cast('A' as VARCHAR))"
    assert scan == Scan("inner join v as via on true", condition, is_unique=False)


def test_all_rows_are_taken_where_nothing_is_compared() -> None:
    assert list(scans([Edge(Source("t"), "a"), Edge(Source("t"), "b")])) == [Scan("", "true")]


def test_a_text_key_of_a_single_row_is_located_by_its_hash_first() -> None:
    hashed = Hashed("t", {"receipt": "VARCHAR", "vendor": "VARCHAR"})
    [scan] = scans([Edge(Source("t", {"receipt": "receipt", "vendor": "vendor"}), "a", ONE)], hashed)
    value = "cast('A' as VARCHAR)"
    same = hash_of(f"cast({value} as VARCHAR)")
    assert (
        scan.where == f"source.receipt_hash = {same} and source.receipt = {value} and source.vendor is null"
    )


def test_the_keys_of_few_rows_are_located_by_hash_first_and_those_of_many_by_value() -> None:
    hashed = Hashed("t", {"receipt": "VARCHAR"})
    for count, is_near in ((FEW, True), (FEW + 1, False)):
        [scan] = scans([Edge(Source("t", {"receipt": "receipt"}), "a", count=count)], hashed)
        assert ("near.rowid" in scan.joins) == is_near
        assert "on source.receipt is not distinct from target.receipt" in scan.joins


def test_a_scan_by_columns_alone_has_all_rows_that_share_them() -> None:
    by_receipt = Source("t", {"receipt": "receipt"})
    [alone] = scans([Edge(by_receipt, "a")])
    [limited] = scans([Edge(Source("t", {"receipt": "receipt"}, "source.is_counted"), "a")])
    [everything] = scans([Edge(Source("t"), "a")])
    assert alone.has_all_for(by_receipt)
    assert not alone.has_all_for(Source("t", {"receipt": "root_receipt"}))
    assert not alone.has_all_for(Source("t", {"receipt": "receipt"}, "source.is_counted"))
    assert not alone.has_all_for(Source("t", {"vendor": "vendor"}))
    assert not limited.has_all_for(by_receipt)
    assert not everything.has_all_for(Source("t"))
