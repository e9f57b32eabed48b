"""Load the inboxes into ``raw_events``, which is the first step of a run.

python -m benchmarks.peers.loading.with_ours DATA_DIR
"""

import sys
from pathlib import Path

from cbw.settings import load_settings
from transforms.pipeline.pipeline import Pipeline

if __name__ == "__main__":
    with Pipeline(load_settings(data_dir=Path(sys.argv[1]))) as pipeline:
        pipeline.load()
