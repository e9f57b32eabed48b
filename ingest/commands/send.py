"""``cbw send``: events signed and sent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cbw.errors import ConfigurationError
from ingest.receiver.endpoints import COMMAND_CENTER, INS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cbw.settings import Settings
    from ingest.send.sender import Sender, SendResult, SendSummary

DEFAULT_URL = f"http://127.0.0.1:{{port}}{COMMAND_CENTER.path}"
INS_URL = f"http://127.0.0.1:{{port}}{INS.path}"


@click.command()
@click.option("--type", "event_type", help="Send a fresh sample of this event type.")
@click.option("--receipt", help="With --type: the receipt the sample is about.")
@click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path),
    help="Send every line of a JSONL file (may be gzip), byte for byte.",
)
@click.option(
    "--simulate", "count", type=click.IntRange(min=1), help="Send this many events of an invented history."
)
@click.option("--seed", default=7, show_default=True, help="With --simulate: which history.")
@click.option(
    "--days",
    default=200,
    show_default=True,
    type=click.IntRange(min=1),
    help="With --simulate: how long a history.",
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    help="Events a second; as fast as possible by default.",
)
@click.option(
    "--connections",
    default=8,
    show_default=True,
    type=click.IntRange(1, 512),
    help="Connections to send over.",
)
@click.option(
    "--ins", "is_ins", is_flag=True, help=f"Encrypt with the INS secret, and send to {INS.path} by default."
)
@click.option("--url", help=f"Where to send.  [default: {DEFAULT_URL.format(port='CBW_PORT')}]")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def send(
    *,
    url: str | None,
    rate: float | None,
    connections: int,
    is_ins: bool,
    as_json: bool,
    **choice: Any,
) -> int:
    """Sign events with the webhook secret and send them, as Command Center would; --ins sends as ClickBank's INS does.

    \b
    Examples:
      cbw send --type sale.created
      cbw send --type refund.processed --receipt ABCD1234
      cbw send --file events.jsonl.gz --url https://example.com/webhooks/clickbank
      cbw send --simulate 10000 --seed 7 --rate 200
      cbw send --ins --type test
    """
    from cbw.settings import load_settings

    settings = load_settings()
    bodies, total = _bodies(is_ins=is_ins, **choice)
    sender = _sender(settings, url, connections, is_ins=is_ins)
    summary = _with_progress(lambda on_sent: sender.send(bodies, rate, on_sent), total)
    _print_summary(summary, as_json=as_json)
    return 0 if not summary.failures else 1


def _sender(settings: Settings, url: str | None, connections: int, *, is_ins: bool) -> Sender:
    from ingest.secrets.ins import encrypting_secret
    from ingest.secrets.keyring import signing_secret
    from ingest.send.seals import encrypted, signed
    from ingest.send.sender import Sender

    default, secret_of, seal = (
        (INS_URL, encrypting_secret, encrypted) if is_ins else (DEFAULT_URL, signing_secret, signed)
    )
    return Sender(url or default.format(port=settings.port), secret_of(settings), connections, seal=seal)


def _bodies(
    *,
    is_ins: bool,
    event_type: str | None,
    receipt: str | None,
    path: Path | None,
    count: int | None,
    seed: int,
    days: int,
) -> tuple[Iterable[bytes], int | None]:
    if sum(choice is not None for choice in (event_type, path, count)) != 1:
        raise ConfigurationError("there is nothing to send", hint="one of --type, --file and --simulate")
    if event_type is not None:
        from ingest.send.samples import notification, sample

        return [(notification if is_ins else sample)(event_type, receipt=receipt)], 1
    if path is not None:
        from ingest.send.sender import read_bodies

        return read_bodies(path), None
    from ingest.simulation.simulator import iter_notifications, iter_simulate

    assert count is not None
    simulated = iter_notifications if is_ins else iter_simulate
    return (event.body for event in simulated(count, days, seed)), count


def _with_progress(
    work: Callable[[Callable[[SendResult], None]], SendSummary], total: int | None
) -> SendSummary:
    from cbw.terminal import progress

    with progress() as bar:
        task = bar.add_task("sending", total=total)
        return work(lambda _result: bar.advance(task))


def _print_summary(summary: SendSummary, *, as_json: bool) -> None:
    from cbw.terminal import print_json

    if as_json:
        print_json(
            {
                "accepted": summary.accepted,
                "failed": summary.failures,
                "statuses": {str(status): count for status, count in summary.statuses.items()},
                "retried": summary.retried,
                "seconds": round(summary.seconds, 3),
            }
        )
        return
    click.echo(
        f"{summary.accepted:,} accepted, {summary.failures:,} failed, {summary.retried:,} retried, "
        f"{summary.seconds:.1f} s"
    )
    for failure in summary.failed[:10]:
        click.echo(f"  event {failure.number}: {failure.reason}", err=True)
    if summary.stopped:
        click.echo(f"  {summary.stopped}", err=True)
