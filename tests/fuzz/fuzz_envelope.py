"""Coverage-guided fuzzing of the strict parser: for any bytes it raises nothing and agrees with the oracle.

Run it with ``make fuzz``; the arguments are libFuzzer's.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["ingest.load.verdict", "json"]):
    from ingest.load.verdict import examine

from tests.e2e.contents import CONTENTS
from tests.fuzz.corpus import corpus_directory
from tests.oracle.parse import parse_body


def try_body(body: bytes) -> None:
    """Compare the parser's verdict on one body with the oracle's."""
    parsed = parse_body(body)
    expected = parsed if isinstance(parsed, str) else None
    found = examine(body).reason
    assert found == expected, f"{found} is not {expected}"


if __name__ == "__main__":
    seeds = [content.body for content in CONTENTS.values() if len(content.body) < 4096]
    atheris.Setup([*sys.argv, str(corpus_directory("envelope", seeds))], try_body)
    atheris.Fuzz()
