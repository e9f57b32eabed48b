"""``cbw explain``: the origin of a row, down to its deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cbw.options import data_dir_option
from cbw.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rich.console import RenderableType
    from rich.table import Table

# A terminal is too narrow for every column of a fact, and the rows of staging are too many to read: --json has them
# all.
WIDEST = 8


@click.command()
@click.argument("table_name", metavar="TABLE")
@click.argument("key", metavar="KEY...", nargs=-1)
@data_dir_option
@click.option(
    "--limit", default=10, show_default=True, type=click.IntRange(0), help="Rows to show of each table."
)
@click.option(
    "--show-body", is_flag=True, help="Show the bodies too; they hold customers' names and addresses."
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def explain(
    *,
    table_name: str,
    key: tuple[str, ...],
    data_dir: Path | None,
    limit: int,
    show_body: bool,
    as_json: bool,
) -> int:
    """Show the rows that a row of a published table was computed from, down to the deliveries.

    KEY is column=value for as many columns as it takes to name one row, or the values of the key in its order; NULL is
    no value. From the deliveries shown, and no others, the same row comes again; only a rank says something of rows
    beside it. The running pipeline answers, where one runs.

    \b
    Examples:
      cbw explain fct_orders ABCD1234
      cbw explain daily_sales report_date=2026-05-01 currency=USD vendor=shop affiliate=NULL
      cbw explain refund_rates 2026-05-31 USD shop 30 --limit 3
      cbw explain fct_sales receipt=ABCD1234 --show-body --json
    """
    from cbw.terminal import console, print_json
    from transforms.commands.asking import ask_showing_progress
    from transforms.warehouse import Warehouse

    settings = load_settings(data_dir=data_dir)
    with Warehouse(settings.warehouse_path):
        pass  # an error for a wrong data directory, before a pipeline would create files in it
    explanation = ask_showing_progress(
        settings, "explain", table=table_name, key=key, limit=limit, show_body=show_body
    )
    if as_json:
        print_json(explanation)
    else:
        out = console()
        for part in _parts(explanation):
            out.print(part)
    return 0


def _parts(explanation: dict[str, Any]) -> Iterator[RenderableType]:
    from rich.text import Text

    from cbw.terminal import table

    yield Text(f"{explanation['table']}: {explanation['grain']}", style="bold")
    yield table("", ["column", "value"], list(explanation["row"].items()))
    for level in explanation["levels"]:
        count = level["count"]
        yield Text(
            f"\nfrom {count:,} {'row' if count == 1 else 'rows'} of {level['table']}: {level['grain']}"
        )
        if level["is_staging"]:
            continue
        yield _rows(level)
        yield from (Text(_sum(each)) for each in level["sums"] if count > 1)
        yield from (Text(f"{row['sequence']}: {row['body']}") for row in level["rows"] if "body" in row)


def _rows(level: dict[str, Any]) -> Table:
    from cbw.terminal import table

    rows, left_out = level["rows"], level["count"] - len(level["rows"])
    names = [name for name in (rows[0] if rows else {}) if name != "body"][:WIDEST]
    caption = f"and {left_out:,} more (--limit)" if left_out else None
    return table("", names, [[row[name] for name in names] for row in rows], caption=caption)


def _sum(sums: dict[str, Any]) -> str:
    amounts = [
        f"{name} {value}"
        for name, value in sums.items()
        if value is not None and name not in {"currency", "rows"}
    ]
    return f"  sum of {sums['rows']:,} in {sums['currency'] or 'no currency'}: {', '.join(amounts)}"
