"""SQLMesh in one process that stays, with its context: it is asked line by line, and says when it is done.

    PEER_DATABASE=... PEER_STATE=... python running.py

``append FILE`` adds what a Parquet file holds to the raw table, ``run INSTANT`` runs what is due by then.
"""

import os
import sys
from pathlib import Path

from sqlmesh import Context


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what SQLMesh prints is no answer
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
