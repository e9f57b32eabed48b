"""A peer's own Python environment: its dependencies must not mix with the product's, nor with another peer's."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Environment:
    """A virtual environment below a directory, made when it is first asked for.

    Attributes:
        directory: Where environments are kept between runs.
        name: The peer's.
        requirements: What it needs, pinned.
    """

    directory: Path
    name: str
    requirements: tuple[str, ...]

    @property
    def bin(self) -> Path:
        """Where its commands are."""
        return self.directory / self.name / "bin"

    def make(self) -> None:
        """Install what is missing; a change of the requirements installs anew.

        Raises:
            subprocess.CalledProcessError: No package index can be reached, or a version is gone.
        """
        stamp = self.directory / self.name / "installed.txt"
        if stamp.exists() and stamp.read_text(encoding="utf-8") == self._wanted:
            return
        print(f"installing {self._wanted} ...", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", stamp.parent], check=True)
        install = [self.bin / "pip", "install", "-qq", "--disable-pip-version-check", *self.requirements]
        subprocess.run(install, check=True)
        stamp.write_text(self._wanted, encoding="utf-8")

    @property
    def _wanted(self) -> str:
        return " ".join(self.requirements)
