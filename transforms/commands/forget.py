"""``cbw forget``: erase a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cbw.options import data_dir_option
from cbw.settings import load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from cbw.settings import Settings
    from transforms.privacy.forgotten import Forgotten
    from transforms.privacy.raw_search import Proof

MEGABYTE = 1_000_000


@click.command()
@data_dir_option
@click.option(
    "--email",
    "addresses",
    required=True,
    multiple=True,
    help="The person's e-mail address, in upper or lower case; again for a further one.",
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Count the rows that would change, list every other address in them and near relatives, change nothing.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def forget(
    *, data_dir: Path | None, addresses: tuple[str, ...], dry_run: bool, yes: bool, as_json: bool
) -> int:
    """Erase a person's data from the inboxes, the archive and raw events; every fact stays as it is.

    In each body that names the address, names, e-mails, phone numbers and addresses (but country and state) are
    replaced. A body delivered again later is redacted when it is loaded, because a salted digest of the address is
    kept; the address is not. All tables are built again, so it takes as long as a full build. It cannot be undone. The
    running pipeline does it, where one runs.

    At the end it searches every file of the data directory for the address in every spelling and shows the result; the
    exit code is 1 where a file holds it for no reason that is named.

    \b
    Examples:
      cbw forget --email ada@example.com --dry-run
      cbw forget --email ada@example.com --yes --json
      cbw forget --email ada@example.com --email ada+shop@example.com
    """
    from dataclasses import asdict

    from transforms.commands.asking import ask_showing_progress
    from transforms.health.installation import require_installation
    from transforms.privacy.forgotten import Forgotten

    settings = load_settings(data_dir=data_dir)
    require_installation(settings.data_dir)

    def ask(*, is_dry_run: bool) -> Forgotten:
        answer = ask_showing_progress(settings, "forget", address=list(addresses), is_dry_run=is_dry_run)
        return Forgotten.from_json(answer)

    if dry_run or not yes:
        done = ask(is_dry_run=True)
    if dry_run:
        _show(
            asdict(done) | {"is_dry_run": True},
            f"{_found(done)}; nothing was changed",
            _plan(done),
            as_json=as_json,
        )
        return 0
    if not yes:
        for line in _plan(done):
            click.echo(line, err=True)
        click.confirm(f"{_found(done)}. Erase it for good?", abort=True, err=True)
    done = ask(is_dry_run=False)
    proof = _search(settings, addresses, done)
    values = asdict(done) | {"is_dry_run": False, "proof": asdict(proof)}
    _show(values, _erased(done), [*_remarks(done), *_result(proof)], as_json=as_json)
    return 1 if done.unexplained(proof.found) else 0


def _search(settings: Settings, addresses: tuple[str, ...], done: Forgotten) -> Proof:
    from cbw.terminal import steps
    from transforms.privacy.person import Person
    from transforms.privacy.raw_search import search_files
    from transforms.store.erasures import checked_address

    person = Person(frozenset(map(checked_address, addresses)))
    with steps() as show:
        return search_files(
            settings.data_dir, person, done.found, lambda name, *counts: show(f"searching {name}", *counts)
        )


def _show(values: dict[str, Any], headline: str, lines: list[str], *, as_json: bool) -> None:
    from cbw.terminal import print_json

    if as_json:
        print_json(values)
        return
    for line in (headline, *lines):
        click.echo(line)


def _found(done: Forgotten) -> str:
    return f"{done.bodies:,} bodies in {done.deliveries:,} raw events name the address"


def _erased(done: Forgotten) -> str:
    return (
        f"erased: {done.bodies:,} bodies in {done.deliveries:,} raw events, {done.inbox_rows:,} rows of inboxes, "
        f"{done.archive_files:,} files of the archive written again, all tables built again"
    )


def _plan(done: Forgotten) -> list[str]:
    others = [f"another address in a body that would change: {address}" for address in done.others]
    return [*others, *_remarks(done)]


def _remarks(done: Forgotten) -> list[str]:
    relatives = [
        f"a near relative, not erased unless you name it with a further --email: {address}"
        for address in done.relatives
    ]
    kept = [
        f"kept at {path} in {count:,} raw events, because a fact is read from there"
        for path, count in sorted(done.kept.items())
    ]
    aside = [
        f"{name} was set aside and may hold the data still: delete it yourself" for name in done.set_aside
    ]
    return [
        *relatives,
        *kept,
        *aside,
        "cbw makes no backups: copies that you made elsewhere are yours to erase",
    ]


def _result(proof: Proof) -> list[str]:
    where = "in none of them" if not proof.found else f"in {len(proof.found):,} of them"
    searched = (
        f"searched {proof.files:,} files ({proof.bytes / MEGABYTE:,.1f} MB) of the data directory for the address "
        f"in every spelling: it is {where}"
    )
    found = [f"{name} holds the address at {_places(count)}" for name, count in sorted(proof.found.items())]
    similar = [
        f"{name} holds the same characters at {_places(count)} as a part of another, longer address"
        for name, count in sorted(proof.similar.items())
    ]
    return [searched, *found, *similar]


def _places(count: int) -> str:
    return "1 place" if count == 1 else f"{count:,} places"
