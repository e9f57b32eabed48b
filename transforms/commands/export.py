"""``cbw export``: published tables as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cbw.options import data_dir_option
from cbw.settings import load_settings


@click.command()
@click.option(
    "--to", "directory", required=True, type=click.Path(path_type=Path), help="The directory to make."
)
@data_dir_option
@click.option("--table", "tables", multiple=True, help="Export this table; may be repeated.  [default: all]")
@click.option(
    "--format",
    "form",
    type=click.Choice(["parquet", "csv"]),
    default="parquet",
    show_default=True,
    help="Of the files.",
)
@click.option(
    "--exact",
    is_flag=True,
    help="CSV for programs: text as it was sent, without the ' that keeps a spreadsheet from running it.",
)
@click.option("--replace", is_flag=True, help="Take the place of an earlier export.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest.")
def export(*, directory: Path, data_dir: Path | None, as_json: bool, **choice: Any) -> int:
    """Export published tables as Parquet or CSV, with a manifest of rows and SHA-256 hashes.

    All files are of one published version, also while the service runs, and the directory appears when it is complete.
    The same version always gives the same bytes.

    \b
    Examples:
      cbw export --to export
      cbw export --to refunds --table fct_refunds --table refund_rates --format csv
      cbw export --to for-programs --format csv --exact
      cbw export --to export --replace --json
    """
    from cbw.terminal import print_json, progress
    from transforms.reading.export import ExportPlan
    from transforms.reading.export import export as export_tables

    with progress() as bar:
        task = bar.add_task("exporting", total=None)

        def on_table(name: str, total: int) -> None:
            bar.update(task, description=f"exporting {name}", total=total, advance=1)

        manifest = export_tables(load_settings(data_dir=data_dir), ExportPlan(directory, **choice), on_table)
    if as_json:
        print_json(manifest.as_json)
        return 0
    rows, size = sum(each.rows for each in manifest.tables), sum(each.bytes for each in manifest.tables)
    click.echo(
        f"{directory}: version {manifest.published_version}, {len(manifest.tables)} tables, "
        f"{rows:,} rows, {size / 1e6:.1f} MB"
    )
    return 0
