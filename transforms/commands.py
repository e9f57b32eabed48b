"""The commands that make, prove and show tables: ``pipeline refresh verify query status``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ingest.errors import WarehouseError
from ingest.options import data_dir_option
from ingest.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rich.console import RenderableType

    from ingest.settings import Settings
    from transforms.runs import Run
    from transforms.status import Status
    from transforms.verify import Verification


@click.command()
@data_dir_option
def pipeline(*, data_dir: Path | None) -> int:
    """Run the pipeline alone: load, build, check, publish, every CBW_REFRESH_SECONDS.

    \b
    Example:
      cbw pipeline --data-dir /var/lib/cbw
    """
    from ingest.logs import configure_logging
    from transforms.schedule import run_pipeline

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
    from ingest.terminal import print_json
    from transforms.runs import Run

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
    from ingest.terminal import console, print_json
    from transforms.checks import CheckResult
    from transforms.verify import Verification

    answer = ask_showing_progress(load_settings(data_dir=data_dir), "verify")
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
    from ingest.terminal import table

    shown = [item for item in found.comparisons if not item.is_equal] or found.comparisons
    rows = [
        (item.table, item.row_count, item.missing, item.unexpected, "\n".join(item.examples))
        for item in shown
    ]
    return table("Tables beside their rebuild", ["table", "rows", "missing", "unexpected", "examples"], rows)


def ask_showing_progress(settings: Settings, action: str, **arguments: Any) -> Any:
    """Have an action done, by the running pipeline or here, with a progress bar; see `transforms.requests.ask`."""
    from ingest.logs import configure_logging
    from ingest.terminal import steps
    from transforms.requests import ask

    configure_logging(level="error")
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


@click.command()
@click.argument("sql")
@data_dir_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="How to print the rows.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
def query(*, sql: str, data_dir: Path | None, form: str, as_json: bool) -> int:
    """Run SQL on the published warehouse, read-only; it works while the service runs.

    \b
    Examples:
      cbw query "select * from daily_sales order by report_date desc limit 10"
      cbw query "select metric, formula from metric_definitions" --format csv
    """
    import duckdb

    from transforms import warehouse

    with warehouse.Warehouse(load_settings(data_dir=data_dir).warehouse_path) as opened:
        try:
            cursor = opened.execute(sql)
            rows = cursor.fetchall()
        except duckdb.Error as exc:
            raise WarehouseError(str(exc)) from exc
        _print_rows([column[0] for column in cursor.description or []], rows, "json" if as_json else form)
    return 0


def _print_rows(names: list[str], rows: list[tuple[Any, ...]], form: str) -> None:
    from ingest.terminal import console, print_json, table

    if form == "json":
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    elif form == "csv":
        import csv
        import sys

        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)
    else:
        console().print(table("", names, rows, caption=f"{len(rows):,} rows"))


@click.command()
@data_dir_option
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def status(*, data_dir: Path | None, as_json: bool) -> int:
    """Show freshness, lag, counts by type, quarantine, last runs and last checks.

    Exit code 1 when something is wrong; the problems are named first.

    \b
    Examples:
      cbw status
      cbw status --json
    """
    from ingest.terminal import console, print_json
    from transforms.status import gather

    found = gather(load_settings(data_dir=data_dir))
    if as_json:
        print_json(found.as_json)
    else:
        out = console()
        for part in _status_parts(found):
            out.print(part)
    return 1 if found.problems else 0


def _status_parts(found: Status) -> Iterator[RenderableType]:
    from ingest.terminal import table

    yield _headline(found)
    events = [
        (
            row["event_type"] or "(none)",
            row["status"],
            row["events"],
            int(row["deliveries"]),
            _at(row["latest_at"]),
        )
        for row in found.events
    ]
    yield table("Events", ["type", "status", "events", "deliveries", "latest"], events)
    if found.quarantine:
        reasons = [(row["reason"], row["events"], _at(row["latest_at"])) for row in found.quarantine]
        yield table("Quarantine", ["reason", "events", "latest"], reasons)
    if found.unread_paths:
        unread = [
            (row["event_type"], row["json_path"], row["events"], _at(row["first_seen_at"]))
            for row in found.unread_paths
        ]
        caption = "what they mean can be said in aliases.csv: see cbw quarantine --help"
        yield table(
            "New keys that no alias reads", ["type", "path", "events", "since"], unread, caption=caption
        )
    if found.refused:
        refused = [
            (row["reason"], row["requests"], row["peers"], _at(row["latest_at"])) for row in found.refused
        ]
        caption = "a signature that fails: cbw doctor signature --body FILE --signature HEX"
        yield table(
            "Refused in 24 hours", ["reason", "requests", "senders", "latest"], refused, caption=caption
        )
    if found.syncs:
        syncs = [(row["source"], _at(row["last_synced_at"]), row["status"]) for row in found.syncs]
        yield table("Syncs", ["source", "last synced", "status"], syncs)
    runs = [
        (
            *(_at(row["started_at"]), row["trigger"], row["status"], f"{row['seconds']:.2f}"),
            *(row["events_in"], row["rows_changed"], row["published_version"]),
        )
        for row in found.runs
    ]
    yield table(
        "Last runs", ["started", "trigger", "status", "seconds", "deliveries", "rows", "version"], runs
    )
    if found.checks_violated:
        checks = [(row["check_name"], row["severity"], row["violations"]) for row in found.checks_violated]
        yield table("Checks with violations", ["check", "severity", "rows"], checks)


def _headline(found: Status) -> str:
    lines = [f"[bold red]Problem:[/] {problem}" for problem in found.problems]
    receiver = "[green]running[/]" if found.receiver_running else "[red]stopped[/]"
    running = "[green]running[/]" if found.pipeline_running else "[red]stopped[/]"
    lines.append(
        f"[bold]Receiver[/] {receiver}   [bold]Pipeline[/] {running}   [bold]Data[/] {found.data_dir}"
    )
    version = "none" if found.published_version is None else f"version {found.published_version}"
    age = (
        "" if found.published_age_seconds is None else f", published {_ago(found.published_age_seconds)} ago"
    )
    lines.append(
        f"[bold]Published[/] {version}{age}   [bold]Waiting in the inbox[/] {found.waiting:,} deliveries"
    )
    if found.totals:
        lines.append(
            f"[bold]Deliveries[/] {found.totals['deliveries']:,} = {found.totals['events']:,} events + "
            f"{found.totals['repeats']:,} repeats   [bold]Latest event[/] {_at(found.totals['latest_event_at'])}"
        )
    if found.verified:
        verdict = "[red]differing[/]" if found.verified["failed"] else "[green]equal to a full rebuild[/]"
        lines.append(
            f"[bold]Verified[/] {_at(found.verified['verified_at'])}: {found.verified['tables']} tables and "
            f"{found.verified['checks']} checks {verdict}"
        )
    lines += [
        f"[bold]Recovered[/] {each['at'][:19]} UTC: {each['sentence']}" for each in found.recoveries[-3:]
    ]
    if found.night:
        lines.append(_night_line(found.night))
    violated = len(found.checks_violated)
    lines.append(f"[bold]Checks[/] {found.checks_run} run, {violated} with violations")
    return "\n".join(lines)


def _night_line(night: dict[str, Any]) -> str:
    steps = ", ".join(f"{step['step']} {step['status']}" for step in night["steps"])
    colour = {"done": "green", "failed": "red"}.get(night["status"], "yellow")
    return (
        f"[bold]Night[/] of {night['night_date']} [{colour}]{night['status']}[/]: {steps or 'no step yet'}; "
        f"refreshes waited {night['waited_seconds']:.1f} s"
    )


def _at(value: Any) -> str:
    return "" if value is None else f"{value:%Y-%m-%d %H:%M:%S} UTC"


def _ago(seconds: float) -> str:
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {name}"
    return f"{seconds:.0f} s"
