"""The sequence of an erasure: record, redact everywhere, build and publish again, complete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbw.errors import WarehouseError
from ingest.inbox.reader import list_inboxes
from transforms.privacy.erase import (
    Forgotten,
    complete,
    find_person,
    record_request,
    redact_everywhere,
    require_whole_archive,
    set_aside_files,
)
from transforms.privacy.fact_paths import FactPaths
from transforms.privacy.inbox_redaction import redact_inbox
from transforms.privacy.redaction import Redactor
from transforms.publish.versions import prune
from transforms.store.erasures import ErasureList, checked_address, digest_of, salt_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from transforms.definitions.model import Model
    from transforms.pipeline.pipeline import Pipeline


def forget(
    pipeline: Pipeline,
    address: str,
    *,
    is_dry_run: bool = False,
    on_model: Callable[[Model], None] | None = None,
) -> Forgotten:
    """Redact every body that names an e-mail address, keep the digest of it, and build and publish all tables again.

    Args:
        pipeline: The open pipeline.
        address: The e-mail address, in upper or lower case.
        is_dry_run: Only count the rows that would be changed.
        on_model: Called before each model, for a progress bar.

    Raises:
        ConfigurationError: The text is no e-mail address.
        WarehouseError: The archive is incomplete, and nothing was changed; or the tables could not be built again.
        duckdb.Error, sqlite3.Error, OSError: The disk is full or not writable; repeat it.
    """
    store, settings = pipeline.store, pipeline.settings
    checked = checked_address(address)
    salt = salt_of(store.connection)
    key = (salt, digest_of(checked, salt))
    redactor = Redactor(ErasureList.of([key]), FactPaths(store.aliases))
    person = find_person(store, redactor)
    if is_dry_run:
        rows = sum(redact_inbox(path, redactor, is_dry_run=True) for path in list_inboxes(settings.inbox_dir))
        store.connection.execute("drop table redacted")
        return Forgotten(
            person.bodies, person.deliveries, rows, 0, person.kept, set_aside_files(settings.data_dir)
        )
    require_whole_archive(settings)
    record_request(store, settings, key, person)
    done = redact_everywhere(store, settings, redactor, person)
    _build_again(pipeline, on_model)
    complete(pipeline.store, settings, key)
    return done


def _build_again(pipeline: Pipeline, on_model: Callable[[Model], None] | None) -> None:
    run = pipeline.run("command", full=True, on_model=on_model)
    if run.status != "published":
        raise WarehouseError(
            f"all bodies are redacted, but the tables could not be built again: {run.detail}",
            hint="repair that and repeat the command: unused ends of blocks in build.duckdb may hold pieces of bodies",
        )
    prune(pipeline.settings.data_dir, keep=1)
