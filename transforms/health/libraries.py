"""Examine the libraries: each is a release that was tested, unless somebody installed another over it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import requires, version
from typing import TYPE_CHECKING, Self

from transforms.health.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbw.settings import Settings

PART = "libraries"
DISTRIBUTION = "clickbank-warehouse"
Release = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LibraryRange:
    """The releases of a library that were tested: its line of ``dependencies`` in ``pyproject.toml``.

    Attributes:
        name: The distribution.
        ranges: The specifiers as written, such as ``>=1.5.6,<2``.
    """

    name: str
    ranges: str

    @classmethod
    def from_requirement(cls, line: str) -> Self:
        """Read a requirement as the metadata of an installed distribution holds it, in whatever order."""
        match = re.match(r"([\w.-]+)\s*\(?([^;)]*)", line)
        assert match is not None
        name, ranges = match.groups()
        return cls(name, ",".join(sorted((each.strip() for each in ranges.split(",")), reverse=True)))

    def holds(self, installed: str) -> bool:
        """Return whether an installed release is within the range; a pre-release counts as its release."""
        release = _release(installed)
        return all(
            release >= _release(bound) if comparison == ">=" else release < _release(bound)
            for comparison, bound in re.findall(r"(>=|<)\s*([\d.]+)", self.ranges)
        )


def library_ranges() -> list[LibraryRange]:
    """Return the tested range of each library that a plain installation brings."""
    return [
        LibraryRange.from_requirement(line) for line in requires(DISTRIBUTION) or [] if "extra ==" not in line
    ]


def examine(_settings: Settings) -> Iterator[Finding]:
    """Examine the release of each library."""
    yield from findings({library: version(library.name) for library in library_ranges()})


def findings(installed: dict[LibraryRange, str]) -> Iterator[Finding]:
    """Return a warning for each library whose release was not tested, or one finding that all were."""
    others = {library: release for library, release in installed.items() if not library.holds(release)}
    for library, release in others.items():
        yield Finding.warning(
            PART,
            f"{library.name} {release} was not tested with this release: {library.ranges} was",
            f"pip install '{library.name}{library.ranges}'",
        )
    if not others:
        yield Finding.ok(PART, f"all {len(installed)} are releases that were tested")


def _release(text: str) -> Release:
    """Return the numbers of a release without trailing zeros: 2.0 and 2 are the same."""
    match = re.match(r"[\d.]*", text)
    assert match is not None
    numbers = [int(number) for number in re.findall(r"\d+", match[0])]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
