"""Compare the archive's files with ``raw_events``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transforms.archive.check import archived_rows, verify_archive
from transforms.archive.manifest import ArchiveManifest
from transforms.verify.verification import SAMPLE_ROWS, Comparison

if TYPE_CHECKING:
    from pathlib import Path

    from transforms.store.store import Store


def _compare_archive(store: Store, directory: Path) -> tuple[Comparison, ...]:
    """Compare each file with the manifest, and each archived row with ``raw_events``."""
    manifest = ArchiveManifest.read(directory)
    if not manifest.files:
        return ()
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
    numbers = (manifest.rows, str(content), int(str(lost)), int(str(foreign)))
    return (Comparison("raw_events (archive)", *numbers, tuple(examples)),)
