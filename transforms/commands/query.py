"""``cbw query``: SQL on the published warehouse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO

import click

from cbw.errors import WarehouseError
from cbw.options import data_dir_option
from cbw.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import duckdb
    from click.shell_completion import CompletionItem

    from transforms.reading.examples import Example
    from transforms.warehouse import Warehouse

PORTION = 1000


def _complete_example(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    from transforms.reading.examples import Example, example_names

    names = [name for name in example_names() if name.startswith(incomplete)]
    return [CompletionItem(name, help=Example.named(name).question) for name in names]


@click.command()
@click.argument("sql", required=False)
@data_dir_option
@click.option(
    "--file", "sql_file", type=click.File("r"), help="Read the SQL from a file; - is standard input."
)
@click.option(
    "--example", help="Answer one of the questions of --examples.", shell_complete=_complete_example
)
@click.option("--examples", "is_list", is_flag=True, help="List the questions that --example answers.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="How to print the rows.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option(
    "--exact",
    is_flag=True,
    help="CSV for programs: text as it was sent, without the ' that keeps a spreadsheet from running it.",
)
@click.option(
    "--limit",
    default=100,
    show_default=True,
    type=click.IntRange(0),
    help="Rows to show in a table, 0 for all; CSV and JSON always hold all.",
)
def query(
    *, data_dir: Path | None, is_list: bool, form: str, as_json: bool, exact: bool, limit: int, **choice: Any
) -> int:
    """Run SQL on the published warehouse, read-only; it works while the service runs.

    \b
    Examples:
      cbw query "select * from daily_sales order by report_date desc limit 10"
      cbw query "select metric, formula from metric_definitions" --format csv
      cbw query --examples
      cbw query --example refund_rate_trend --json
      cbw query --file my-report.sql --format csv > my-report.csv
    """
    form = "json" if as_json else form
    if is_list:
        _print_examples(form)
        return 0
    chosen = _chosen(**choice)
    from transforms.warehouse import Warehouse

    with Warehouse(load_settings(data_dir=data_dir).warehouse_path) as opened:
        cursor = _run(opened, chosen.sql)
        if form == "table":
            _print_table(chosen, cursor, limit)
        else:
            _print_data(cursor, form, exact=exact)
    return 0


def _chosen(*, sql: str | None, sql_file: TextIO | None, example: str | None) -> Example:
    given = [choice for choice in (sql, sql_file, example) if choice is not None]
    if not given:
        raise click.UsageError(
            "Missing argument 'SQL': give it, or --file, or --example (--examples lists them)."
        )
    if len(given) > 1:
        raise click.UsageError("Give one of SQL, --file and --example.")
    from transforms.reading.examples import Example

    if example is not None:
        return Example.named(example)
    return Example("", "", "", sql_file.read() if sql_file is not None else str(sql))


def _run(opened: Warehouse, sql: str) -> duckdb.DuckDBPyConnection:
    import duckdb

    try:
        if opened.connection.extract_statements(sql):
            return opened.execute(sql)
    except duckdb.CatalogException as exc:
        raise WarehouseError(str(exc).splitlines()[0], hint=_hint(opened, str(exc))) from exc
    except duckdb.Error as exc:
        raise WarehouseError(str(exc)) from exc
    raise WarehouseError("there is no statement to run", hint='try `cbw query "show tables"`')


def _hint(opened: Warehouse, message: str) -> str:
    """Suggest similar names of tables or functions, from ours rather than from DuckDB's own catalogue."""
    from difflib import get_close_matches

    if not message.startswith("Catalog Error: Table with name "):
        return "see the functions of DuckDB: https://duckdb.org/docs/stable/sql/functions/overview"
    wrong = message.split()[5]
    tables = [str(row[0]) for row in opened.rows("select table_name from duckdb_tables() order by 1")]
    near = get_close_matches(wrong, tables) or [name for name in tables if wrong in name]
    listed = 'all: `cbw query "show tables"`'
    return f"did you mean {' or '.join(near)}? {listed}" if near else listed


def _print_examples(form: str) -> None:
    from cbw.terminal import console, print_json, table
    from transforms.reading.examples import Example, example_names

    examples = [Example.named(name) for name in example_names()]
    if form == "json":
        print_json(
            [{"name": each.name, "question": each.question, "remark": each.remark} for each in examples]
        )
    else:
        rows = [(each.name, each.question) for each in examples]
        console().print(table("", ["--example", "the question it answers"], rows))


def _print_data(cursor: duckdb.DuckDBPyConnection, form: str, *, exact: bool) -> None:
    from cbw.terminal import print_json

    names = [column[0] for column in cursor.description or []]
    if form == "json":
        print_json([dict(zip(names, row, strict=True)) for row in cursor.fetchall()])
    else:
        import csv
        import sys

        from transforms.reading.cells import safe

        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        for portion in _portions(cursor):
            writer.writerows(portion if exact else [[safe(value) for value in row] for row in portion])


def _print_table(chosen: Example, cursor: duckdb.DuckDBPyConnection, limit: int) -> None:
    from cbw.terminal import console, table

    names = [column[0] for column in cursor.description or []]
    # One row more than the table shows tells whether there are more; a result of millions is never held in memory.
    rows = cursor.fetchmany(limit + 1) if limit else cursor.fetchall()
    out = console()
    out.print(chosen.question, style="bold", markup=False, end="\n" if chosen.question else "")
    out.print(table("", names, rows[: limit or None]))
    out.print(chosen.remark, _note(len(rows), limit), sep="\n" if chosen.remark else "", markup=False)


def _portions(cursor: duckdb.DuckDBPyConnection) -> Iterator[list[tuple[Any, ...]]]:
    while rows := cursor.fetchmany(PORTION):
        yield rows


def _note(count: int, limit: int) -> str:
    if limit and count > limit:
        return f"the first {limit:,} rows; there are more (--limit 0 shows all, --format csv for a file)"
    return "1 row" if count == 1 else f"{count:,} rows"
