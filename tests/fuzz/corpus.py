"""A fuzzer stores its corpus in a directory of the project, so that the next run starts from it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parents[2] / ".cache" / "fuzz"


def corpus_directory(name: str, seeds: Iterable[bytes]) -> Path:
    """Return the directory of a fuzzer's inputs after writing the seeds into it."""
    directory = ROOT / name
    directory.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        (directory / hashlib.sha256(seed).hexdigest()).write_bytes(seed)
    return directory
