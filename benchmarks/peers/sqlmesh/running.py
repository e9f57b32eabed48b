"""SQLMesh in a process that keeps its context: it reads a job per line, and answers ``done``.

    PEER_DATABASE=... PEER_STATE=... python running.py

``append FILE`` adds the rows of a Parquet file to the raw table, ``run INSTANT`` runs the intervals due by then.
"""

import os
import sys
from pathlib import Path

from sqlmesh import Context


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # SQLMesh prints to standard output, which is for answers alone
    context = Context(paths=str(Path(__file__).resolve().parent))
    for line in sys.stdin:
        job, _, argument = line.strip().partition(" ")
        if job == "append":
            context.engine_adapter.execute(
                f"insert into raw.raw_events select * from read_parquet('{argument}')"
            )
        else:
            context.run(ignore_cron=True, execution_time=argument, skip_janitor=True)
        print("done", file=answers, flush=True)


if __name__ == "__main__":
    main()
