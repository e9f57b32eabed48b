"""``cbw report``: the HTML report."""

from __future__ import annotations

from pathlib import Path

import click

from cbw.options import data_dir_option
from cbw.settings import load_settings


@click.command()
@data_dir_option
@click.option(
    "--days",
    type=click.Choice(["7", "30", "60", "90"]),
    default="30",
    show_default=True,
    help="The period of the headlines, compared with the previous one.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write it there, instead of to the reports of the data directory.",
)
@click.option("--open", "is_opened", is_flag=True, help="Show it in the browser.")
@click.option("--json", "as_json", is_flag=True, help="Print where it is as JSON.")
def report(*, data_dir: Path | None, days: str, output: Path | None, is_opened: bool, as_json: bool) -> int:
    """Write a self-contained HTML report of the published warehouse.

    One file without any network: headlines compared with the previous period, charts, refund and chargeback rates with
    their limits, cohorts, affiliates, products, alerts, syncs and data quality. It is kept in <data dir>/reports,
    the newest as latest.html, and the last 60 of them. The limits are yours to change: <data dir>/limits.csv.

    \b
    Examples:
      cbw report
      cbw report --days 90 --open
      cbw report --output /tmp/report.html
    """
    from cbw.terminal import print_json
    from transforms.report import write_report

    path = write_report(load_settings(data_dir=data_dir), days=int(days), output=output)
    if is_opened:
        click.launch(str(path))
    if as_json:
        print_json({"path": str(path.resolve()), "bytes": path.stat().st_size})
    else:
        click.echo(f"wrote {path}")
    return 0
