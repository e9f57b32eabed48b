"""The results of ``cbw import``, printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest.exports.grouping import Found
    from transforms.commands.import_ import ImportRun
    from transforms.commands.import_files import FileRead, Imported

MOST_KEYS = 40


def print_import(imported: Imported, done: ImportRun, *, as_json: bool) -> None:
    """Print each file's kind, the counts and the outcome of the run that loaded them."""
    from cbw.terminal import print_json

    deliveries = sum(each.deliveries for each in imported.inboxes)
    if as_json:
        print_json(
            {
                "files": _files(imported.files), "exports": _found(imported.found), "deliveries": deliveries,
                "added": done.added, "status": done.status, "published_version": done.published_version,
                "detail": done.detail,
            }
        )  # fmt: skip
        return
    _print_files(imported.files)
    _print_transactions(imported.found)
    count = len(imported.files)
    held = f"{deliveries:,} deliveries in {count:,} file{'s' if count > 1 else ''}"
    match done.status:
        case "loaded":
            click.echo(f"{held}, {done.added:,} of them new; `cbw refresh` builds the tables")
        case "published" | "unchanged":
            click.echo(f"{held}, {done.added:,} of them new; readers have version {done.published_version}")
        case status:
            click.echo(
                f"{held}, {done.added:,} of them new; {status}, readers keep the last good version: {done.detail}"
            )


def print_dry_run(imported: Imported, *, as_json: bool) -> None:
    """Print what an import of the files would tell."""
    from cbw.terminal import print_json

    if as_json:
        print_json({"files": _files(imported.files), "exports": _found(imported.found)})
        return
    _print_files(imported.files)
    _print_transactions(imported.found)
    if imported.found is not None:
        _print_details(imported.found)
    click.echo("nothing was stored")


def print_list(imports: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    """Print the imports of which deliveries are held, oldest first."""
    from cbw.terminal import print_json

    if as_json:
        print_json(list(imports))
        return
    for each in imports:
        click.echo(
            f"{each['import']}  {each['told_by']}  {each['deliveries']:,} deliveries"
            f"  received {each['first_received_at']} to {each['last_received_at']}"
        )
    if not imports:
        click.echo("no import is held")


def alias_lines(keys: Iterable[str]) -> list[str]:
    """Return lines for ``aliases.csv`` that need only the name of a field."""
    return [f"transaction,FIELD,{key}," for key in keys]


def _print_files(files: Iterable[FileRead]) -> None:
    for file in files:
        click.echo(f"{file.name}: {file.title}, {file.count:,}")


def _print_transactions(found: Found | None) -> None:
    if found is not None:
        click.echo(
            f"{found.rows:,} rows tell {sum(found.events.values()):,} transactions"
            f" ({_listed(found.events) or 'none'}); {found.known:,} are held already,"
            f" {found.grown:,} say more than before"
        )


def _print_details(found: Found) -> None:
    if found.first is not None:
        click.echo(f"from {found.first:%Y-%m-%d %H:%M} to {found.last:%Y-%m-%d %H:%M} UTC")
    for (currency, word), amount in sorted(found.money.items()):
        click.echo(f"{word} {amount:,.2f} {currency or '(no currency)'}")
    for reason, count in sorted(found.reasons.items()):
        click.echo(f"{count:,} rows will be quarantined: {reason}")
    if found.unread:
        click.echo(
            "no field reads these keys; to read one, name its field in aliases.csv of the data directory:"
        )
        for line in alias_lines(key for key, _ in found.unread.most_common(MOST_KEYS)):
            click.echo(f"  {line}")


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {word}" for word, count in sorted(counts.items()))


def _files(files: Iterable[FileRead]) -> list[dict[str, Any]]:
    return [
        {
            "path": file.name, "format": file.kind, "title": file.title, "import": file.inbox_id,
            "deliveries" if file.kind == "events" else "rows": file.count,
        }
        for file in files
    ]  # fmt: skip


def _found(found: Found | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "rows": found.rows, "transactions": dict(found.events), "known": found.known, "grown": found.grown,
        "first": found.first, "last": found.last, "quarantined": dict(found.reasons),
        "unread": dict(found.unread),
        "money": [
            {"currency": currency or None, "transaction_type": word, "amount": amount}
            for (currency, word), amount in sorted(found.money.items())
        ],
    }  # fmt: skip
