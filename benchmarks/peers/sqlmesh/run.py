"""Run SQLMesh up to an instant: the first run plans and backfills, each next one runs the intervals due by then.

PEER_DATABASE=... PEER_STATE=... python run.py 2026-01-01T00:00:00+00:00 plan|run
"""

import sys
from pathlib import Path

from sqlmesh import Context

if __name__ == "__main__":
    until, job = sys.argv[1:]
    context = Context(paths=str(Path(__file__).resolve().parent))
    if job == "plan":
        context.plan(auto_apply=True, no_prompts=True, execution_time=until, skip_tests=True)
    else:
        context.run(ignore_cron=True, execution_time=until, skip_janitor=True)
