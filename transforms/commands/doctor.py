"""``cbw doctor``: examine an installation, explain a signature or a notification that is not decrypted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from cbw.errors import ConfigurationError
from cbw.options import data_dir_option
from cbw.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.diagnosis.diagnose import Diagnosis


@click.group(invoke_without_command=True)
@data_dir_option
@click.option("--json", "as_json", is_flag=True, help="Print every finding as JSON.")
@click.pass_context
def doctor(context: click.Context, *, data_dir: Path | None, as_json: bool) -> int:
    """Check the installation: secret, disk, clock, permissions, ports, every file.

    It changes nothing. Exit code 1 when there is a problem; a warning is not one.

    \b
    Examples:
      cbw doctor
      cbw doctor --json
      cbw doctor signature --body body.json --signature 5f2c...
    """
    if context.invoked_subcommand is not None:
        return 0
    from dataclasses import asdict

    from cbw.logs import configure_logging
    from cbw.terminal import print_json
    from transforms.health.examine import examine

    configure_logging(level="error")
    findings = examine(load_settings(data_dir=data_dir))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            colour = {"ok": "green", "warning": "yellow", "problem": "red"}[finding.level]
            advice = f" ({finding.hint})" if finding.hint else ""
            click.echo(
                f"{click.style(f'{finding.level:7}', fg=colour)}  {finding.part}: {finding.says}{advice}"
            )
    return 1 if any(finding.level == "problem" for finding in findings) else 0


_body_option = click.option(
    "--body", type=click.File("rb"), required=True, help="The body as it was received; - is standard input."
)
_secret_files_option = click.option(
    "--secret-file",
    "secret_files",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Also try the secret in this file; may be given several times.",
)
_json_option = click.option("--json", "as_json", is_flag=True, help="Print the diagnosis as JSON.")


@doctor.command()
@_body_option
@click.option("--signature", required=True, help="The value of its X-Webhook-Signature header.")
@_secret_files_option
@_json_option
def signature(*, body: BinaryIO, signature: str, secret_files: tuple[Path, ...], as_json: bool) -> int:
    """Explain why a signature does not fit a body: which bytes, secret, function or form the sender used instead.

    Tries the configured secrets, and shows none. Exit code 0 when the receiver would accept the signature.

    \b
    Examples:
      cbw doctor signature --body body.json --signature 5f2c...
      cbw doctor signature --body - --signature sha256=5f2c... --secret-file old.txt < body.json
    """
    from datetime import UTC, datetime

    from cbw.terminal import print_json
    from ingest.diagnosis.diagnose import diagnose
    from ingest.secrets.keyring import configured_secrets
    from ingest.secrets.signature import Secret

    others = [Secret(path.name, path.read_bytes().rstrip(b"\r\n")) for path in secret_files]
    diagnosis = diagnose(
        configured_secrets(load_settings()), body.read(), signature, datetime.now(UTC), others=others
    )
    if as_json:
        print_json(diagnosis.as_json())
    else:
        for line in _explanation(diagnosis):
            click.echo(line)
    return 0 if diagnosis.is_valid else 1


@doctor.command()
@_body_option
@_secret_files_option
@_json_option
def ins(*, body: BinaryIO, secret_files: tuple[Path, ...], as_json: bool) -> int:
    """Explain why an INS notification is not decrypted: which step fails, or which key the sender used instead.

    Tries the configured INS secrets, and shows neither them nor the text. Exit code 0 when the receiver accepts it.

    \b
    Examples:
      cbw doctor ins --body captured.json
      cbw doctor ins --body - --secret-file old.txt < captured.json
    """
    from datetime import UTC, datetime

    from cbw.terminal import print_json
    from ingest.secrets.ins import WHERE, configured_ins_secrets
    from ingest.secrets.signature import Secret

    secrets = configured_ins_secrets(load_settings())
    if not secrets:
        raise ConfigurationError("CBW_INS_SECRET is not set", hint=WHERE)
    from ingest.diagnosis.notification import STEPS, diagnose_ins

    others = [Secret(path.name, path.read_bytes().rstrip(b"\r\n")) for path in secret_files]
    diagnosis = diagnose_ins(secrets, body.read(), datetime.now(UTC), others=others)
    if as_json:
        print_json(diagnosis.as_json())
    elif diagnosis.is_valid:
        click.echo(f"valid: the receiver accepts it (secret: {diagnosis.secret_id})")
    else:
        says, hint = STEPS[diagnosis.step]
        secret = "" if diagnosis.secret_id is None else f" (secret: {diagnosis.secret_id})"
        click.echo(f"{diagnosis.step}: {says}{secret}")
        if diagnosis.variant:
            click.echo(f"  {diagnosis.variant}")
        click.echo(f"  {hint}")
    return 0 if diagnosis.is_valid else 1


def _explanation(diagnosis: Diagnosis) -> Iterator[str]:
    from ingest.diagnosis.forms import FORMS

    if diagnosis.is_valid:
        yield f"valid: the receiver accepts it (secret: {diagnosis.secret_id})"
    elif not diagnosis.causes:
        yield f"nothing fits among {diagnosis.tried:,} combinations of body, secret, function and form"
        yield "likeliest: another secret (compare with Command Center; try --secret-file), or a body that was changed"
    else:
        yield f"invalid, and explained with the {diagnosis.secret_id} secret:"
        for cause in diagnosis.causes:
            yield f"  {cause.name}: the signature {'' if cause in FORMS else 'fits '}{cause.says}"
            yield f"    {cause.hint}"
