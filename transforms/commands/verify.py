"""``cbw verify``: tables, inboxes and archive against their sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cbw.options import data_dir_option
from cbw.settings import load_settings
from transforms.commands.asking import ask_showing_progress

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType

    from transforms.verify.verification import Verification


@click.command()
@data_dir_option
@click.option("--json", "as_json", is_flag=True, help="Print every comparison as JSON.")
def verify(*, data_dir: Path | None, as_json: bool) -> int:
    """Prove that the tables equal, row for row, a full rebuild from raw events.

    Every table is built a second time and compared both ways, every blocking check runs on whole tables, the
    sums of facts are compared with staging, every delivery of an inbox with its raw event, and the archive with its
    manifest. The running pipeline does it, where one runs. Losses that somebody accepted are named each time. Exit code
    1 when something differs; the rows are shown.

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
    verification = Verification.from_json(answer["found"])
    checks = [CheckResult(**check) for check in answer["checks"]]
    failed = [check for check in checks if check.blocks]
    if as_json:
        verdict = {"is_equal": verification.is_equal, "failed_checks": [check.name for check in failed]}
        print_json(answer["found"] | verdict)
    else:
        console().print(_verdict(verification))
        for gap in verification.gaps:
            click.echo(gap, err=True)
        for check in failed:
            click.echo(f"{check.name} does not hold: {check.violations:,} rows", err=True)
        click.echo(
            f"{verification.outcome}: load sequence {verification.watermark:,}, {len(checks)} checks, "
            f"{verification.seconds:.1f} s"
        )
    return 0 if verification.is_equal and not failed else 1


def _verdict(verification: Verification) -> RenderableType:
    from cbw.terminal import table

    shown = [item for item in verification.comparisons if not item.is_equal] or verification.comparisons
    rows = [
        (item.table, item.row_count, item.missing, item.unexpected, "\n".join(item.examples))
        for item in shown
    ]
    return table("Tables and their rebuild", ["table", "rows", "missing", "unexpected", "examples"], rows)
