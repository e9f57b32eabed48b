"""``cbw``: the command, and where each of its commands lives.

Exit codes: 0 done; 1 it could not be done, or a check failed; 2 the command line or a setting is wrong;
130 interrupted.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os
from typing import TYPE_CHECKING

gc.disable()  # imports make no garbage: collections took a tenth of `cbw --help`

import click  # noqa: E402

from cbw.errors import CbwError, ConfigurationError  # noqa: E402

gc.enable()

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# The function and the summary of each command: `cbw --help` imports none of them.
COMMANDS = {
    "serve": (
        "transforms.commands.serve:serve",
        "Run the receiver, the pipeline and the admin listener, supervised.",
    ),
    "receive": ("ingest.commands.receive:receive", "Run the receiver alone."),
    "pipeline": ("transforms.commands.pipeline:pipeline", "Run the pipeline alone."),
    "admin": ("transforms.commands.admin:admin", "Run the admin listener alone."),
    "demo": ("transforms.commands.demo:demo", "Show the whole product with an invented history."),
    "refresh": ("transforms.commands.refresh:refresh", "Load, build, check and publish once."),
    "nightly": ("transforms.commands.nightly:nightly", "Run the nightly job now, or a missed night's."),
    "verify": ("transforms.commands.verify:verify", "Prove that the tables equal a full rebuild."),
    "status": ("transforms.commands.status:status", "Show freshness, lag, counts, runs and checks."),
    "doctor": ("transforms.commands.doctor:doctor", "Check the installation, or explain a signature."),
    "report": ("transforms.commands.report:report", "Write an HTML report of the published warehouse."),
    "query": ("transforms.commands.query:query", "Run SQL on the published warehouse."),
    "explain": (
        "transforms.commands.explain:explain",
        "Show where a row comes from, down to the deliveries.",
    ),
    "quarantine": (
        "transforms.commands.quarantine:quarantine",
        "List events that could not be mapped, or map them again.",
    ),
    "import": ("transforms.commands.import_:import_", "Import history from events or exports of ClickBank."),
    "export": ("transforms.commands.export:export", "Export published tables as Parquet or CSV."),
    "restore": ("transforms.commands.restore:restore", "Restore raw events from archive and inboxes."),
    "forget": ("transforms.commands.forget:forget", "Erase a person's data; facts stay as they are."),
    "send": ("ingest.commands.send:send", "Sign events and send them."),
    "sign": ("ingest.commands.sign:sign", "Print the signature of a file."),
}


class _LazyGroup(click.Group):
    """A group that imports a command only when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        if module.startswith("transforms."):
            _choose_allocator()
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=summary)
            for name, (_, summary) in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="clickbank-warehouse", prog_name="cbw")
def cli() -> None:
    """Signed ClickBank Command Center webhooks in, an always-current DuckDB warehouse out.

    \b
    First steps:
      cbw demo                                   see everything with invented data
      export CBW_WEBHOOK_SECRET=...; cbw serve   run it for real
      cbw query --examples                       questions that the tables answer
    """


PRIVATE = 0o027
# DuckDB's allocator keeps freed memory for ten seconds, on top of the memory limit and up to as much again; it reads
# this variable when it is loaded. Where it releases memory immediately, the small statements of a refresh take two
# thirds longer, so only an installation with little memory does that.
ALLOCATOR = "DUCKDB_JE_MALLOC_CONF"
WITHIN_A_SECOND = "dirty_decay_ms:1000,muzzy_decay_ms:0"
AT_ONCE = "dirty_decay_ms:0,muzzy_decay_ms:0"


def _choose_allocator() -> None:
    """Set how long DuckDB keeps freed memory, unless the environment sets it; call it before DuckDB is imported."""
    from cbw.settings import load_settings

    try:
        has_memory_to_spare = load_settings().has_memory_to_spare
    except ConfigurationError:  # the command reports it, or needs no settings
        return
    os.environ.setdefault(ALLOCATOR, WITHIN_A_SECOND if has_memory_to_spare else AT_ONCE)


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code; an error is one line on standard error."""
    # Our files hold customers' data: the operator may let the group read them, never every user of the machine.
    os.umask(os.umask(PRIVATE) | PRIVATE)
    # The interpreter's last collection would walk every imported module, which takes as long as a small build.
    atexit.register(gc.freeze)
    try:
        code = cli.main(args=arguments, prog_name="cbw", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):  # the second when click itself is interrupted
        return 130
    except click.ClickException as exc:
        exc.show()
        return exc.exit_code
    except CbwError as exc:
        click.echo(f"cbw: {exc}", err=True)
        return exc.exit_code
    return code if isinstance(code, int) else 0
