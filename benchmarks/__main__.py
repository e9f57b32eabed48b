"""Every benchmark behind one command: ``python -m benchmarks [NAME ...] [--results DIR] [-- OPTIONS]``.

Runs the named benchmarks, or all except the soak, which takes half an hour. Prints the table of each, and writes its
figures as JSON and the figures of all as one page with bars. ``OPTIONS`` go to the benchmark unchanged, so give one
name only: ``python -m benchmarks receive -- --rounds 1``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from benchmarks.page import page

HERE = Path(__file__).resolve().parent
NAMES = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in {"__main__", "page"})
ONLY_WHEN_NAMED = {"soak"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--results", type=Path, default=HERE / "results")
    arguments = sys.argv[1:]
    split = arguments.index("--") if "--" in arguments else len(arguments)
    options = parser.parse_args(arguments[:split])
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    options.results.mkdir(parents=True, exist_ok=True)
    failed = [
        name
        for name in options.names or sorted(set(NAMES) - ONLY_WHEN_NAMED)
        if not _run(name, options.results / f"{name}.json", arguments[split + 1 :])
    ]
    figures = {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(options.results.glob("*.json"))
    }
    (options.results / "index.html").write_text(page(figures), encoding="utf-8")
    print(f"\nfigures: {options.results}/*.json; as a page: {options.results / 'index.html'}")
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _run(name: str, results: Path, options: list[str]) -> bool:
    print(f"\n== {name}", flush=True)
    command = [sys.executable, "-m", f"benchmarks.{name}", "--json", str(results), *options]
    return subprocess.run(command, check=False, cwd=HERE.parent).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
