"""``cbw restore --trial``: a restore into a scratch directory, compared with the present warehouse."""

from __future__ import annotations

import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from cbw.errors import WarehouseError
from transforms.archive.source import source_archive
from transforms.pipeline.pipeline import Pipeline
from transforms.recovery.trial import ROWS, compare, figures_of, present_figures, restore_on_trial
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbw.settings import Settings
    from transforms.recovery.restored import Restored
    from transforms.recovery.trial import Figure

# The figures that people see even where all is equal.
SHOWN = {
    ("events", ROWS), ("fct_sales", ROWS), ("fct_refunds", ROWS), ("fct_chargebacks", ROWS),
    ("fct_sales", "gross_amount"), ("fct_refunds", "refund_amount"), ("fct_chargebacks", "chargeback_amount"),
}  # fmt: skip


def run_trial(settings: Settings, source: Path | None, *, allow_gaps: bool, as_json: bool) -> int:
    """Restore into a scratch directory, build all tables there, print the comparison, and return the exit code.

    Args:
        settings: The data directory, which is only read, also while its service runs.
        source: The archive, or a directory above it; None for the one in the data directory.
        allow_gaps: Compare the rest, even if deliveries are lost.
        as_json: Print every figure as JSON.

    Raises:
        IncompleteRestoreError: A restore would lose deliveries, nights or an owner's file.
        WarehouseError: Nothing is published, or the restored events cannot be published.
    """
    started = time.monotonic()
    directory = source_archive(settings, source)
    present, through = present_figures(settings)
    with tempfile.TemporaryDirectory(prefix="cbw-trial-") as scratch:
        place = settings.model_copy(update={"data_dir": Path(scratch)})
        restored = restore_on_trial(settings, place.data_dir, directory, through, allow_gaps=allow_gaps)
        with Pipeline(place, is_lasting=False) as pipeline:
            run = pipeline.run("command")
        if run.published_version is None:
            raise WarehouseError(f"the restored events {run.status}: {run.detail}")
        with Warehouse(place.warehouse_path) as warehouse:
            figures = list(compare(present, figures_of(warehouse)))
    seconds = round(time.monotonic() - started, 1)
    is_equal = not restored.gaps and all(figure.is_equal for figure in figures)
    if as_json:
        _print_json(restored, figures, seconds, is_equal=is_equal)
    else:
        _show(restored, figures, seconds, is_equal=is_equal)
    return 0 if is_equal else 1


def _print_json(restored: Restored, figures: Sequence[Figure], seconds: float, *, is_equal: bool) -> None:
    from cbw.terminal import print_json

    print_json(
        {
            "is_equal": is_equal, "seconds": seconds, "from_archive": restored.from_archive,
            "from_inboxes": restored.from_inboxes, "nights": restored.nights, "missing": restored.missing,
            "detail": restored.detail, "remarks": restored.remarks,
            "figures": [asdict(figure) | {"is_equal": figure.is_equal} for figure in figures],
        }
    )  # fmt: skip


def _show(restored: Restored, figures: Sequence[Figure], seconds: float, *, is_equal: bool) -> None:
    import click

    from cbw.terminal import console, table

    rows = [figure for figure in figures if figure.name == ROWS]
    sums = [figure for figure in figures if figure.name != ROWS]
    shown = [
        (figure.table, figure.name, figure.currency or "", figure.present, figure.restored, _verdict(figure))
        for figure in (*rows, *sums)
        if not figure.is_equal or (figure.table, figure.name) in SHOWN
    ]
    console().print(
        table(
            "Present and restored warehouse",
            ["table", "figure", "currency", "present", "restored", "verdict"],
            shown,
            caption="the main figures, and all that differ; --json has every one",
        )
    )
    for remark in (*restored.remarks, *(f"lost: {gap}" for gap in restored.gaps)):
        click.echo(remark)
    differing = sum(not figure.is_equal for figure in figures)
    outcome = "equal" if is_equal else f"not equal: {differing:,} figures differ"
    click.echo(
        f"{restored.from_archive:,} raw events from the archive, {restored.from_inboxes:,} from inboxes and "
        f"{restored.nights:,} nights; {len(rows):,} tables and {len(sums):,} sums compared in {seconds:.1f} s: "
        f"{outcome}"
    )


def _verdict(figure: Figure) -> str:
    return "equal" if figure.is_equal else "differs"
