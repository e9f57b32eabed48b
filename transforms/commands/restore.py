"""``cbw restore``: raw events from archive and inboxes."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cbw.options import data_dir_option
from cbw.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbw.settings import Settings
    from transforms.recovery.restored import Restored
    from transforms.store.runs import Run


@click.command()
@data_dir_option
@click.option(
    "--from",
    "source",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The archive to restore from.  [default: the data directory's own]",
)
@click.option("--replace", is_flag=True, help="Set an events.duckdb aside that is not damaged.")
@click.option("--allow-gaps", is_flag=True, help="Restore the rest, even if deliveries are lost.")
@click.option(
    "--trial",
    is_flag=True,
    help="Restore into a scratch directory and compare; the data directory is only read.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def restore(
    *,
    data_dir: Path | None,
    source: Path | None,
    replace: bool,
    allow_gaps: bool,
    trial: bool,
    as_json: bool,
) -> int:
    """Restore every raw event and frozen night from the archive and the inboxes, then build and publish all tables.

    The pipeline does this when it finds events.duckdb lost or damaged; this command does it on request, also
    into an empty data directory. A present file is set aside under another name, never deleted. The result is held
    against the archive's manifest: if deliveries, nights or a file of yours would be lost, it says how many and names
    the archive's files, and changes nothing without --allow-gaps. Your aliases.csv and limits.csv come back where the
    data directory lacks them; files and settings that differ are named. The pipeline must be stopped.

    --trial changes nothing, also while the service runs: it restores into a scratch directory (below TMPDIR) and
    compares rows and sums by currency with the present warehouse. Exit code 1 when anything differs.

    \b
    Examples:
      cbw restore
      cbw restore --from /backup/archive/events --data-dir data/restored
      cbw restore --allow-gaps
      cbw restore --trial --from /backup/archive/events
    """
    from cbw.logs import configure_logging
    from cbw.terminal import print_json
    from transforms.recovery.recovery import restore_on_request

    configure_logging(level="error")
    settings = load_settings(data_dir=data_dir)
    if trial:
        return _try(settings, source, replace=replace, allow_gaps=allow_gaps, as_json=as_json)
    with _in_one_line("the restore was interrupted"):
        done = restore_on_request(settings, source, allow_gaps=allow_gaps, replace=replace)
        run = _publish(settings, is_copied=source is not None)
    if as_json:
        print_json(
            {
                "from_archive": done.from_archive, "from_inboxes": done.from_inboxes, "missing": done.missing,
                "nights": done.nights, "owner_files": [file.name for file in done.owner.restored],
                "remarks": done.remarks, "detail": done.detail,
                "set_aside": None if done.set_aside is None else str(done.set_aside),
                "status": run.status, "published_version": run.published_version,
            }
        )  # fmt: skip
    else:
        click.echo(_sentence(done, run))
    return 0 if run.status in {"published", "unchanged"} else 1


def _try(settings: Settings, source: Path | None, *, replace: bool, allow_gaps: bool, as_json: bool) -> int:
    from cbw.errors import ConfigurationError
    from transforms.commands.restore_trial import run_trial

    if replace:
        raise ConfigurationError("--trial replaces nothing", hint="leave --replace out")
    with _in_one_line("the trial was interrupted"):
        return run_trial(settings, source, allow_gaps=allow_gaps, as_json=as_json)


@contextmanager
def _in_one_line(sentence: str) -> Iterator[None]:
    """Report an error of DuckDB, SQLite or the disk in one line; the work can be repeated."""
    import sqlite3

    import duckdb

    from cbw.errors import WarehouseError

    try:
        yield
    except (duckdb.Error, OSError, sqlite3.Error) as exc:
        raise WarehouseError(f"{sentence}: {' '.join(str(exc).split())}", hint="repeat the command") from exc


def _publish(settings: Settings, *, is_copied: bool) -> Run:
    """Build and publish; after a restore from another archive, write this directory's own."""
    from transforms.archive.archive import archive
    from transforms.archive.nights import archive_nights
    from transforms.commands.asking import ask_showing_progress
    from transforms.pipeline.pipeline import Pipeline
    from transforms.store.runs import Run

    run = Run.from_json(ask_showing_progress(settings, "refresh", full=False))
    if is_copied:
        with Pipeline(settings) as opened:
            archive_nights(opened.store)
            archive(opened.store, settings)
    return run


def _sentence(done: Restored, run: Run) -> str:
    lost = f"; {done.missing:,} deliveries are lost: {done.detail}" if done.gaps else ""
    nights = f", and {done.nights:,} nights" if done.nights else ""
    aside = f"; the old file is {done.set_aside}" if done.set_aside else ""
    outcome = (
        f"readers have version {run.published_version}"
        if run.published_version
        else f"{run.status}, readers keep the last good version: {run.detail}"
    )
    return (
        f"restored {done.from_archive:,} raw events from the archive and {done.from_inboxes:,} from inboxes"
        f"{nights}{lost}{aside}{''.join(f'; {remark}' for remark in done.remarks)}; {outcome}"
    )
