"""The sequence of an erasure: record, redact everywhere, build and publish again, complete, prove."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cbw.errors import WarehouseError
from ingest.inbox.reader import list_inboxes
from transforms.privacy.erase import (
    complete,
    find_person,
    record_request,
    redact_everywhere,
    require_whole_archive,
    set_aside_files,
)
from transforms.privacy.fact_paths import FactPaths
from transforms.privacy.forgotten import Forgotten
from transforms.privacy.inbox_redaction import redact_inbox
from transforms.privacy.person import Person
from transforms.privacy.redaction import Redactor
from transforms.privacy.row_search import search_rows
from transforms.privacy.survey import Survey
from transforms.publish.versions import prune
from transforms.store.erasures import ErasureList, checked_address, digest_of, salt_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from transforms.definitions.model import Model
    from transforms.pipeline.pipeline import Pipeline


def forget(
    pipeline: Pipeline,
    *named: str,
    is_dry_run: bool = False,
    on_model: Callable[[Model], None] | None = None,
) -> Forgotten:
    """Redact every body that names an e-mail address, keep the digest of it, and build and publish all tables again.

    Args:
        pipeline: The open pipeline.
        named: The person's e-mail addresses, in upper or lower case.
        is_dry_run: Only count the rows that would be changed, and list the addresses of others in them.
        on_model: Called before each model, for a progress bar.

    Raises:
        ConfigurationError: A text is no e-mail address.
        WarehouseError: The archive is incomplete, and nothing was changed; or the tables could not be built again.
        duckdb.Error, sqlite3.Error, OSError: The disk is full or not writable; repeat it.
    """
    store, settings = pipeline.store, pipeline.settings
    person = Person(frozenset(map(checked_address, named)))
    salt = salt_of(store.connection)
    keys = [(salt, digest_of(address, salt)) for address in sorted(person.addresses)]
    redactor = Redactor(ErasureList.of(keys), FactPaths(store.aliases), person.may_name)
    survey = Survey(redactor, person)
    bodies = find_person(store, survey)
    if is_dry_run:
        rows = sum(redact_inbox(path, survey, is_dry_run=True) for path in list_inboxes(settings.inbox_dir))
        store.connection.execute("drop table redacted")
        aside = set_aside_files(settings.data_dir)
        done = Forgotten(bodies.bodies, bodies.deliveries, rows, 0, bodies.kept, aside)
        return _with_addresses(done, survey)
    require_whole_archive(settings)
    record_request(store, settings, keys, bodies)
    done = redact_everywhere(store, settings, redactor, bodies)
    _build_again(pipeline, on_model)
    complete(pipeline.store, settings, keys)
    return replace(_with_addresses(done, survey), found=search_rows(pipeline.store, settings, person))


def _with_addresses(done: Forgotten, survey: Survey) -> Forgotten:
    return replace(done, others=tuple(sorted(survey.others)), relatives=tuple(sorted(survey.relatives)))


def _build_again(pipeline: Pipeline, on_model: Callable[[Model], None] | None) -> None:
    run = pipeline.run("command", full=True, on_model=on_model)
    if run.status != "published":
        raise WarehouseError(
            f"all bodies are redacted, but the tables could not be built again: {run.detail}",
            hint="repair that and repeat the command: unused ends of blocks in build.duckdb may hold pieces of bodies",
        )
    prune(pipeline.settings.data_dir, keep=1)
