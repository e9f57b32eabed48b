"""Runs the receiver in a process of its own: settings from the environment, the rest from a JSON argument."""

from __future__ import annotations

import json
import sys

from cbw.errors import CbwError
from cbw.settings import load_settings
from ingest.inbox.inbox import Bounds
from ingest.receiver.body import BodyLimits
from ingest.receiver.server import CONNECTIONS_PER_WORKER, Serving, run_receiver


def _serving(options: dict[str, object]) -> Serving:
    return Serving(
        behind_proxy=bool(options.get("behind_proxy")),
        body_limits=BodyLimits(**options["body_limits"]) if "body_limits" in options else None,  # type: ignore[arg-type]
        bounds=Bounds(**options["bounds"]) if "bounds" in options else None,  # type: ignore[arg-type]
        connections=int(str(options.get("connections", CONNECTIONS_PER_WORKER))),
        log_level=str(options.get("log_level", "info")),
    )


def main() -> int:
    try:
        return run_receiver(load_settings(), _serving(json.loads(sys.argv[1])))
    except CbwError as exc:
        print(exc, file=sys.stderr)  # noqa: T201 - as the command does
        return exc.exit_code


if __name__ == "__main__":
    sys.exit(main())
