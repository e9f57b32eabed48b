"""The one exception to files that never change: a file that holds a person's data is written again without it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from cbw.duck import literal
from cbw.durable import sync
from transforms.archive.archive import write_file
from transforms.archive.manifest import ArchivedFile, ArchiveManifest

if TYPE_CHECKING:
    from pathlib import Path

    from transforms.store.store import Store

_REVISION = re.compile(r"(?:\.r(\d+))?\.parquet$")


def rewrite_archive(store: Store, directory: Path) -> int:
    """Write every file again that holds a row of the temporary table ``redacted``, and return their number.

    The new file gets a new name, and counts when the manifest names it; the old one is then removed.
    """
    manifest = ArchiveManifest.read(directory)
    revisions = {
        file: _revise(store, directory, file)
        for file in manifest.files
        if _is_touched(store, directory, file)
    }
    if not revisions:
        return 0
    replace(manifest, files=tuple(revisions.get(file, file) for file in manifest.files)).write(directory)
    for old in revisions:
        path = directory / old.path
        path.unlink()
        sync(path.parent)
    return len(revisions)


def _is_touched(store: Store, directory: Path, file: ArchivedFile) -> bool:
    (near,) = store.one(
        "select count(*) from redacted where sequence between ? and ?",
        [file.first_sequence, file.last_sequence],
    )
    if not near:
        return False
    (inside,) = store.one(
        f"select count(*) from {_rows(directory, file)} semi join redacted using (sequence)"
    )
    return bool(inside)


def _revise(store: Store, directory: Path, file: ArchivedFile) -> ArchivedFile:
    query = (
        "select archived.* replace (coalesce(redacted.body, archived.body) as body, "
        "case when redacted.sequence is null then archived.document else redacted.document end as document) "
        f"from {_rows(directory, file)} as archived left join redacted using (sequence)"
    )
    counts = (file.rows, file.first_sequence, file.last_sequence)
    revised = write_file(store, directory, directory / _next_name(file.path), query, counts)
    return replace(revised, inboxes=file.inboxes)


def _rows(directory: Path, file: ArchivedFile) -> str:
    return f"read_parquet({literal(str(directory / file.path))}, hive_partitioning = false)"


def _next_name(path: str) -> str:
    match = _REVISION.search(path)
    assert match is not None
    return f"{path[: match.start()]}.r{int(match[1] or 0) + 1}.parquet"
