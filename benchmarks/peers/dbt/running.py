"""dbt's ``dbtRunner`` in a process that stays: it reads a job per line, and answers ``done``.

    PEER_DATABASE=... python running.py DBT_ARGUMENT...

``append FILE`` adds the rows of a Parquet file to the raw table, ``run`` runs dbt with the arguments.
"""

import os
import sys

import duckdb
from dbt.cli.main import dbtRunner


def append(path: str) -> None:
    with duckdb.connect(os.environ["PEER_DATABASE"]) as connection:
        connection.execute("insert into raw.raw_events select * from read_parquet(?)", [path])


def main() -> None:
    runner = dbtRunner()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # dbt prints to standard output, which is for answers alone
    for line in sys.stdin:
        job, _, argument = line.strip().partition(" ")
        if job == "append":
            append(argument)
        elif not (done := runner.invoke(sys.argv[1:])).success:
            sys.exit(f"dbt failed: {done.exception or done.result}")
        print("done", file=answers, flush=True)


if __name__ == "__main__":
    main()
