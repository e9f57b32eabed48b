"""Load bodies into DuckDB with dlt, each once: dlt merges them by the body's digest.

python with_dlt.py EVENTS.jsonl DATABASE WORK
"""

import sys
from hashlib import sha256
from pathlib import Path

import dlt


def rows(path: Path):  # noqa: ANN201 - runs in dlt's environment, which has no types of ours
    with path.open("rb") as file:
        for line in file:
            body = line.rstrip(b"\n")
            yield {"body_sha256": sha256(body).hexdigest(), "body": body.decode()}


if __name__ == "__main__":
    events, database, work = sys.argv[1:]
    pipeline = dlt.pipeline(
        "peer", pipelines_dir=work, destination=dlt.destinations.duckdb(database), dataset_name="raw"
    )
    pipeline.run(
        rows(Path(events)), table_name="raw_events", write_disposition="merge", primary_key="body_sha256"
    )
