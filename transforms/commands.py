"""The commands that make and prove tables: ``pipeline refresh verify``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cbw.options import data_dir_option
from cbw.settings import load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType

    from cbw.settings import Settings
    from transforms.store.runs import Run
    from transforms.verify.verification import Verification


@click.command()
@data_dir_option
def pipeline(*, data_dir: Path | None) -> int:
    """Run the pipeline alone: load, build, check, publish, every CBW_REFRESH_SECONDS.

    \b
    Example:
      cbw pipeline --data-dir /var/lib/cbw
    """
    from cbw.logs import configure_logging
    from transforms.service.schedule import run_pipeline

    configure_logging()
    return run_pipeline(load_settings(data_dir=data_dir))


@click.command()
@data_dir_option
@click.option("--full", is_flag=True, help="Rebuild every table from raw events, even if nothing is new.")
@click.option("--json", "as_json", is_flag=True, help="Print the run as JSON.")
def refresh(*, data_dir: Path | None, full: bool, as_json: bool) -> int:
    """Load, build, check and publish once; the running pipeline does it, where one runs.

    Exit code 1 when a check failed: readers then keep the last good version.

    \b
    Examples:
      cbw refresh
      cbw refresh --full --json
    """
    from cbw.terminal import print_json
    from transforms.store.runs import Run

    run = Run.from_json(ask_showing_progress(load_settings(data_dir=data_dir), "refresh", full=full))
    if as_json:
        print_json(run.as_json)
    else:
        click.echo(_sentence(run))
    return 0 if run.status in {"published", "unchanged"} else 1


@click.command()
@data_dir_option
@click.option("--json", "as_json", is_flag=True, help="Print every comparison as JSON.")
def verify(*, data_dir: Path | None, as_json: bool) -> int:
    """Prove that the tables are, row for row, what a full rebuild from raw events gives.

    Every table is built a second time and compared both ways, every blocking check runs on whole tables, the
    sums of facts are compared with staging, and every delivery of an inbox with what was loaded. The running pipeline
    does it, where one runs. Exit code 1 when something differs; the rows are shown.

    \b
    Examples:
      cbw verify
      cbw verify --json
    """
    from cbw.terminal import console, print_json
    from transforms.definitions.checks import CheckResult
    from transforms.health.installation import require_installation
    from transforms.verify.verification import Verification

    settings = load_settings(data_dir=data_dir)
    require_installation(settings.data_dir)
    answer = ask_showing_progress(settings, "verify")
    found = Verification.from_json(answer["found"])
    checks = [CheckResult(**check) for check in answer["checks"]]
    failed = [check for check in checks if check.blocks]
    if as_json:
        verdict = {"is_equal": found.is_equal, "failed_checks": [check.name for check in failed]}
        print_json(answer["found"] | verdict)
    else:
        console().print(_verdict(found))
        for check in failed:
            click.echo(f"{check.name} does not hold: {check.violations:,} rows", err=True)
        click.echo(
            f"{found.outcome}: load sequence {found.watermark:,}, {len(checks)} checks, {found.seconds:.1f} s"
        )
    return 0 if found.is_equal and not failed else 1


def _verdict(found: Verification) -> RenderableType:
    from cbw.terminal import table

    shown = [item for item in found.comparisons if not item.is_equal] or found.comparisons
    rows = [
        (item.table, item.row_count, item.missing, item.unexpected, "\n".join(item.examples))
        for item in shown
    ]
    return table("Tables beside their rebuild", ["table", "rows", "missing", "unexpected", "examples"], rows)


def ask_showing_progress(settings: Settings, action: str, **arguments: Any) -> Any:
    """Have an action done, by the running pipeline or here, with a progress bar; see `transforms.service.requests.ask`."""
    from cbw.logger import write_errors_only
    from cbw.terminal import steps
    from transforms.service.requests import ask

    write_errors_only()
    with steps() as show:
        return ask(settings, action, arguments, show)


def _sentence(run: Run) -> str:
    match run.status:
        case "unchanged":
            return f"nothing new: version {run.published_version} is up to date"
        case "published":
            return (
                f"published version {run.published_version}: {run.events_in:,} new deliveries, "
                f"{run.rows_changed:,} rows written, {run.seconds:.1f} s"
            )
        case _:
            return f"{run.status}, readers keep the last good version: {run.detail}"
