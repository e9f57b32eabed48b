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
    """A virtual environment that stays between runs.

    Attributes:
        directory: The directory of all environments.
        name: The peer's name.
        requirements: The pinned packages.
    """

    directory: Path
    name: str
    requirements: tuple[str, ...]

    @property
    def bin(self) -> Path:
        """The directory of its commands."""
        return self.directory / self.name / "bin"

    def make(self) -> None:
        """Create the environment, or create it again after a change of the requirements.

        Raises:
            subprocess.CalledProcessError: pip cannot reach a package index, or the index lacks a version.
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
