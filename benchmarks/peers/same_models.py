"""Run the product's engine on the models that the peers build (``ours/``).

    python -m benchmarks.peers.same_models DATA_DIR

loads, refreshes and publishes once.
"""

from __future__ import annotations

import atexit
import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cbw.logs import write_errors_only
from cbw.settings import load_settings
from transforms.definitions.graph import ModelGraph
from transforms.pipeline.pipeline import Pipeline

if TYPE_CHECKING:
    from cbw.settings import Settings

MODELS = Path(__file__).resolve().parent / "ours"


def open_pipeline(settings: Settings, *, is_lasting: bool = True) -> Pipeline:
    """Open a pipeline of these models; like the peers, it checks nothing."""
    return Pipeline(settings, checks=(), graph=ModelGraph.from_directory(MODELS), is_lasting=is_lasting)


def main() -> int:
    """Refresh exactly as ``cbw refresh`` does."""
    atexit.register(gc.freeze)
    write_errors_only()
    with open_pipeline(load_settings(data_dir=Path(sys.argv[1])), is_lasting=False) as pipeline:
        run = pipeline.run("command")
    return 0 if run.status in {"published", "unchanged"} else 1


if __name__ == "__main__":
    sys.exit(main())
