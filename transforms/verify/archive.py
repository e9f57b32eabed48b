"""Compare the archive's files with ``raw_events``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transforms.archive.check import archived_rows, verify_archive
from transforms.archive.manifest import ArchiveManifest
from transforms.archive.nights import night_faults, nights_directory
from transforms.archive.owner import owner_faults
from transforms.verify.verification import SAMPLE_ROWS, Comparison

if TYPE_CHECKING:
    from pathlib import Path

    from transforms.store.store import Store


def _compare_archive(store: Store, directory: Path) -> tuple[Comparison, ...]:
    """Compare each file, night and owner's file with the manifest, and each archived row with ``raw_events``."""
    manifest = ArchiveManifest.read(directory)
    parts = (_compare_nights(directory, manifest), _compare_owner_files(directory, manifest))
    named = tuple(part for part in parts if part.row_count)
    return (_compare_events(store, directory, manifest), *named) if manifest.files else named


def _compare_nights(directory: Path, manifest: ArchiveManifest) -> Comparison:
    promised = manifest.nights or ()
    faults = night_faults(nights_directory(directory), promised)
    examples = tuple(f"{problem}: the frozen night of {night}" for night, problem in faults.items())
    return Comparison("nights (archive)", len(promised), "0", len(faults), 0, examples)


def _compare_owner_files(directory: Path, manifest: ArchiveManifest) -> Comparison:
    files = manifest.owner_files or ()
    faults = owner_faults(directory, files)
    examples = tuple(f"{problem}: {file.path}" for file, problem in faults.items())
    return Comparison("owner's files (archive)", len(files), "0", len(faults), 0, examples)


def _compare_events(store: Store, directory: Path, manifest: ArchiveManifest) -> Comparison:
    faults = verify_archive(directory)
    whole = [file for file in manifest.files if file not in {fault.file for fault in faults}]
    archived = archived_rows(directory, whole)
    held = f"(select * from events.main.raw_events where sequence <= {manifest.through})"
    differs = "using (sequence) where hash(a) is distinct from hash(r)"
    missing = f"select r.sequence from {held} as r left join {archived} as a {differs}"
    unexpected = f"select a.sequence from {archived} as a left join {held} as r {differs}"
    content, lost, foreign = store.one(
        f"select (select coalesce(sum(cast(hash(a) as hugeint)), 0) from {archived} as a), "
        f"(select count(*) from ({missing})), (select count(*) from ({unexpected}))"
    )
    examples = [*map(str, faults)]
    for kind, query in (("missing", missing), ("unexpected", unexpected)):
        rows = store.connection.execute(f"{query} order by 1 limit {SAMPLE_ROWS}").fetchall()
        examples += [f"{kind}: load sequence {sequence}" for (sequence,) in rows]
    # A row that neither raw_events nor a sound file holds is missing too: nobody accepted its loss.
    unread = max(sum(fault.file.rows for fault in faults), int(str(lost)))
    numbers = (manifest.rows, str(content), unread, int(str(foreign)))
    return Comparison("raw_events (archive)", *numbers, tuple(examples))
