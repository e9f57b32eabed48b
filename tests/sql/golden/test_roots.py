"""A receipt's root, the sale behind it, and the names that reversals take from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.oracle import build_warehouse
from tests.oracle.builders import chargeback, pick, refund, sale
from tests.sql.agreement import differences
from tests.sql.harness import built, rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sql.golden import Build


def test_a_receipts_root_is_known_to_all_its_reversals_once_one_says_it(tmp_path: Path) -> None:
    """A random history found it: the refund names neither root nor currency, the chargeback names its root."""
    deliveries = [
        sale("BBB2", "2026-01-05T12:00:00Z"),
        chargeback("1001", "2026-01-05T12:00:00Z", 5, root_receipt="bbb2"),
        refund("1001", "2026-01-06T12:00:00Z", 5),
    ]
    with built(deliveries, tmp_path) as store:
        for table in ("fct_refunds", "fct_chargebacks"):
            names = [(row["currency"], row["vendor"], row["is_orphan"]) for row in rows_of(store, table)]
            assert names == [("USD", "shop", True)]
        assert differences(store, build_warehouse(deliveries)) == []


def test_a_hyphen_is_part_of_an_order_number_and_b_with_digits_is_a_rebills(build: Build) -> None:
    tables = build(
        sale("ORD-1001", "2026-05-01T12:00:00Z"),
        sale("ORD-1002", "2026-05-01T12:00:00Z"),
        sale("ORD-B", "2026-05-01T12:00:00Z"),
        sale("ord-1001-b002", "2026-06-01T12:00:00Z"),
    )
    assert pick(tables["fct_sales"], "receipt", "order_key", "is_rebill") == [
        ("ORD-1001", "ORD-1001", False),
        ("ORD-1001-B002", "ORD-1001", True),
        ("ORD-1002", "ORD-1002", False),
        ("ORD-B", "ORD-B", False),
    ]
    assert sum(row["order_count"] for row in tables["sale_cohorts"]) == 3
