"""``cbw forget``: erase a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cbw.options import data_dir_option
from cbw.settings import load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from transforms.privacy.erase import Forgotten


@click.command()
@data_dir_option
@click.option(
    "--email", "address", required=True, help="The person's e-mail address, in upper or lower case."
)
@click.option("--dry-run", is_flag=True, help="Count the rows that would change, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def forget(*, data_dir: Path | None, address: str, dry_run: bool, yes: bool, as_json: bool) -> int:
    """Erase a person's data from the inboxes, the archive and raw events; every fact stays as it is.

    In each body that names the address, names, e-mails, phone numbers and addresses (but country and state) are
    replaced. A body delivered again later is redacted when it is loaded, because a salted digest of the address is
    kept; the address is not. All tables are built again, so it takes as long as a full build. It cannot be undone. The
    running pipeline does it, where one runs.

    \b
    Examples:
      cbw forget --email ada@example.com --dry-run
      cbw forget --email ada@example.com --yes --json
    """
    from dataclasses import asdict

    from cbw.terminal import print_json
    from transforms.commands.asking import ask_showing_progress
    from transforms.health.installation import require_installation
    from transforms.privacy.erase import Forgotten

    settings = load_settings(data_dir=data_dir)
    require_installation(settings.data_dir)

    def ask(*, is_dry_run: bool) -> Forgotten:
        answer = ask_showing_progress(settings, "forget", address=address, is_dry_run=is_dry_run)
        return Forgotten.from_json(answer)

    if dry_run or not yes:
        done = ask(is_dry_run=True)
    if not dry_run:
        if not yes:
            click.confirm(f"{_found(done)}. Erase it for good?", abort=True, err=True)
        done = ask(is_dry_run=False)
    if as_json:
        print_json(asdict(done) | {"is_dry_run": dry_run})
    else:
        click.echo(f"{_found(done)}; nothing was changed" if dry_run else _erased(done))
        for line in _remarks(done):
            click.echo(line)
    return 0


def _found(done: Forgotten) -> str:
    return f"{done.bodies:,} bodies in {done.deliveries:,} raw events name the address"


def _erased(done: Forgotten) -> str:
    return (
        f"erased: {done.bodies:,} bodies in {done.deliveries:,} raw events, {done.inbox_rows:,} rows of inboxes, "
        f"{done.archive_files:,} files of the archive written again, all tables built again"
    )


def _remarks(done: Forgotten) -> list[str]:
    kept = [
        f"kept at {path} in {count:,} raw events, because a fact is read from there"
        for path, count in sorted(done.kept.items())
    ]
    aside = [
        f"{name} was set aside and may hold the data still: delete it yourself" for name in done.set_aside
    ]
    return kept + aside
