"""``cbw demo``: the whole product with an invented history."""

from __future__ import annotations

from typing import Any

import click

from transforms.commands.serve import SELF


@click.command()
@click.option(
    "--events",
    default=5000,
    show_default=True,
    type=click.IntRange(100, 1_000_000),
    help="How many deliveries.",
)
@click.option(
    "--days", default=200, show_default=True, type=click.IntRange(7, 3650), help="Over how many days."
)
@click.option(
    "--seed", default=7, show_default=True, help="Which history: the same seed gives the same events."
)
@click.option(
    "--data-dir",
    default="data/demo",
    show_default=True,
    help="Where to put it; an earlier demo there is replaced.",
)
@click.option("--port", type=int, help="Port of the receiver; a free one by default.")
@click.option(
    "--keep-running", is_flag=True, help="Leave it live, with a trickle of new events, until Ctrl-C."
)
def demo(**options: Any) -> int:
    """Show the whole product: real receiver, signed events over HTTP, pipeline, tables.

    \b
    Examples:
      cbw demo
      cbw demo --events 50000 --days 730
      cbw demo --keep-running
    """
    from transforms.commands.demo_run import run_demo

    return run_demo(SELF, **options)
