"""``cbw status``: the state of an installation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cbw.options import data_dir_option
from cbw.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rich.console import RenderableType

    from transforms.health.status import Status


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
    from cbw.terminal import console, print_json
    from transforms.health.gather import gather

    state = gather(load_settings(data_dir=data_dir))
    if as_json:
        print_json(state.as_json)
    else:
        out = console()
        for part in _status_parts(state):
            out.print(part)
    return 1 if state.problems else 0


def _status_parts(state: Status) -> Iterator[RenderableType]:
    from cbw.terminal import table

    yield _headline(state)
    events = [
        (
            row["event_type"] or "(none)",
            row["status"],
            row["events"],
            int(row["deliveries"]),
            _at(row["latest_at"]),
        )
        for row in state.events
    ]
    yield table("Events", ["type", "status", "events", "deliveries", "latest"], events)
    if state.quarantine:
        reasons = [(row["reason"], row["events"], _at(row["latest_at"])) for row in state.quarantine]
        yield table("Quarantine", ["reason", "events", "latest"], reasons)
    if state.outside:
        outside = [
            (
                *(row["kind"], row["reason"], row["event_type"] or "(none)", row["event_count"]),
                *(row["known_amount"], row["currency"] or "", row["unknown_amount_count"]),
            )
            for row in state.outside
        ]
        yield table(
            "Outside the figures", ["kind", "reason", "type", "count", "amount", "currency", "unknown"], outside,
            caption="unknown: how many of them say no amount that can be read",
        )  # fmt: skip
    if state.unread_paths:
        unread = [
            (row["event_type"], row["json_path"], row["events"], _at(row["first_seen_at"]))
            for row in state.unread_paths
        ]
        caption = "aliases.csv can give them a meaning: see cbw quarantine --help"
        yield table(
            "New keys that no alias reads", ["type", "path", "events", "since"], unread, caption=caption
        )
    if state.refused:
        refused = [
            (row["reason"], row["requests"], row["peers"], _at(row["latest_at"])) for row in state.refused
        ]
        caption = "a signature that fails: cbw doctor signature --body FILE --signature HEX"
        yield table(
            "Refused in 24 hours", ["reason", "requests", "senders", "latest"], refused, caption=caption
        )
    if state.syncs:
        syncs = [(row["source"], _at(row["last_synced_at"]), row["status"]) for row in state.syncs]
        yield table("Syncs", ["source", "last synced", "status"], syncs)
    runs = [
        (
            *(_at(row["started_at"]), row["trigger"], row["status"], f"{row['seconds']:.2f}"),
            *(row["events_in"], row["rows_changed"], row["published_version"]),
        )
        for row in state.runs
    ]
    yield table(
        "Last runs", ["started", "trigger", "status", "seconds", "deliveries", "rows", "version"], runs
    )
    if state.checks_violated:
        checks = [(row["check_name"], row["severity"], row["violations"]) for row in state.checks_violated]
        yield table("Checks with violations", ["check", "severity", "rows"], checks)


def _headline(state: Status) -> str:
    from rich.markup import escape

    lines = [f"[bold red]Problem:[/] {problem}" for problem in state.problems]
    receiver = "[green]running[/]" if state.receiver_running else "[red]stopped[/]"
    running = "[green]running[/]" if state.pipeline_running else "[red]stopped[/]"
    lines.append(
        f"[bold]Receiver[/] {receiver}   [bold]Pipeline[/] {running}   [bold]Data[/] {state.data_dir}"
    )
    version = "none" if state.published_version is None else f"version {state.published_version}"
    age = (
        "" if state.published_age_seconds is None else f", published {_ago(state.published_age_seconds)} ago"
    )
    lines.append(
        f"[bold]Published[/] {version}{age}   [bold]Waiting in the inbox[/] {state.waiting:,} deliveries"
    )
    if state.totals:
        lines.append(
            f"[bold]Deliveries[/] {state.totals['deliveries']:,} = {state.totals['events']:,} events + "
            f"{state.totals['repeats']:,} repeats   [bold]Latest event[/] {_at(state.totals['latest_event_at'])}"
        )
    if state.verified:
        verdict = "[red]differing[/]" if state.verified["failed"] else "[green]equal to a full rebuild[/]"
        lines.append(
            f"[bold]Verified[/] {_at(state.verified['verified_at'])}: {state.verified['tables']} tables and "
            f"{state.verified['checks']} checks {verdict}"
        )
    lines += [
        f"[bold]Recovered[/] {each['at'][:19]} UTC: {each['sentence']}" for each in state.recoveries[-3:]
    ]
    if state.night:
        lines.append(_night_line(state.night))
    lines += [f"[bold]Outside the figures[/] {escape(sentence)}" for sentence in state.outside_sentences]
    violated = len(state.checks_violated)
    lines.append(f"[bold]Checks[/] {state.checks_run} run, {violated} with violations")
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
