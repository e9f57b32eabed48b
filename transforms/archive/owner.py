"""The files and settings that decide figures and that a person wrote, archived with the raw events.

``archive/events/owner/<name>-<digest>`` is a copy that never changes; the manifest names the present one of each file.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cbw.data_dir import USER_ALIASES, USER_LIMITS
from cbw.durable import sync
from transforms.archive.manifest import OwnerFile
from transforms.definitions.sql_file import SQL_DIR
from transforms.definitions.vocabulary import vocabulary_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cbw.settings import Settings
    from transforms.archive.manifest import ArchiveManifest

OWNED = (USER_ALIASES, USER_LIMITS)
DIRECTORY = "owner"
# The entry of the settings that is none: a digest of the aliases and words that come with a release.
RULES = "rules"
DIGEST_LETTERS = 16


def figure_settings(settings: Settings) -> dict[str, str]:
    """Return the settings that decide figures, by the name of their variable, and the digest of the release's words."""
    words = vocabulary_text() + (SQL_DIR / "staging" / USER_ALIASES).read_text("utf-8")
    return {
        "CBW_TIMEZONE": settings.timezone,
        "CBW_NIGHTLY_AT": settings.nightly_at,
        RULES: hashlib.sha256(words.encode()).hexdigest()[:DIGEST_LETTERS],
    }


def archive_owner_files(data_dir: Path, directory: Path) -> tuple[OwnerFile, ...]:
    """Copy the owner's files into an archive, and return them; a copy that is there already stays.

    Raises:
        OSError: A file cannot be read, or the disk is full or not writable.
    """
    return tuple(_copy(data_dir / name, directory) for name in OWNED if (data_dir / name).is_file())


def _copy(path: Path, directory: Path) -> OwnerFile:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    copy = directory / DIRECTORY / f"{path.stem}-{digest[:DIGEST_LETTERS]}{path.suffix}"
    if not copy.is_file() or copy.read_bytes() != content:
        write_durably(copy, content)
        sync(directory)
    return OwnerFile(path.name, copy.relative_to(directory).as_posix(), len(content), digest)


def write_durably(path: Path, content: bytes) -> None:
    """Write a small file that appears whole; make its directory where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.write_bytes(content)
    sync(unfinished)
    unfinished.replace(path)
    sync(path.parent)


def owner_faults(directory: Path, files: Iterable[OwnerFile]) -> dict[OwnerFile, str]:
    """Return the files whose copy is ``missing`` or ``changed``."""
    problems = {file: _problem(directory / file.path, file) for file in files}
    return {file: problem for file, problem in problems.items() if problem}


def _problem(path: Path, file: OwnerFile) -> str:
    if not path.is_file():
        return "missing"
    return "" if hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256 else "changed"


@dataclass(frozen=True, slots=True)
class OwnerPlan:
    """The use of an archive's owner files and settings in a data directory.

    Attributes:
        restored: The files that the data directory lacks, and that the archive holds whole.
        lost: The files that neither has as they were archived, with the archive's fault.
        differences: A sentence for each file or setting that is another one here.
        names: The names of the files that the data directory then holds.
    """

    restored: tuple[OwnerFile, ...] = ()
    lost: tuple[tuple[OwnerFile, str], ...] = ()
    differences: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def write(self, data_dir: Path, directory: Path) -> None:
        """Copy the restored files into a data directory.

        Raises:
            OSError: The disk is full or not writable.
        """
        for file in self.restored:
            write_durably(data_dir / file.name, (directory / file.path).read_bytes())


def plan_owner(settings: Settings, directory: Path, manifest: ArchiveManifest) -> OwnerPlan:
    """Compare the owner's files and settings with those of an archive."""
    archived = manifest.owner_files or ()
    faults = owner_faults(directory, archived)
    absent = [file for file in archived if not (settings.data_dir / file.name).is_file()]
    present = [file for file in archived if file not in absent]
    changed = [file for file in present if _problem(settings.data_dir / file.name, file)]
    unknown = [
        name
        for name in (OWNED if manifest.owner_files is not None else ())
        if (settings.data_dir / name).is_file() and name not in {file.name for file in archived}
    ]
    sentences = (
        *(f"{file.name} differs from the archived one, {file.path}; it was kept" for file in changed),
        *(f"{name} is in no archive; it was kept" for name in unknown),
        *_differing(figure_settings(settings), manifest.settings or {}),
    )
    restored = tuple(file for file in absent if file not in faults)
    lost = tuple((file, faults[file]) for file in absent if file in faults)
    names = (name for name in OWNED if (settings.data_dir / name).is_file())
    return OwnerPlan(restored, lost, sentences, (*names, *(file.name for file in restored)))


def _differing(here: dict[str, str], archived: dict[str, str]) -> Iterable[str]:
    for name, value in archived.items():
        if here.get(name, value) == value:
            continue
        if name == RULES:
            yield "the built-in aliases or words are those of another release"
        else:
            yield f"{name} is {here[name]} here, and was {value} when it was archived"
