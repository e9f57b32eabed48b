"""The steps of a night.

A step is one line in `STEPS` and one function that takes the `Night` and returns its result in one sentence. It may
raise: a failed step stops only the steps that need it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cbw.errors import WarehouseError
from cbw.night_clock import NightClock
from transforms.archive.archive import archive
from transforms.archive.nights import archive_nights, restore_nights
from transforms.archive.retention import retain
from transforms.nightly.record import NightRun, read, write
from transforms.nightly.roll_up import owed, roll_up
from transforms.privacy.inbox_redaction import redact_inboxes
from transforms.publish.working_copy import WorkingCopy

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from transforms.pipeline.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Night:
    """The argument of a step.

    Attributes:
        pipeline: The owner of the private files, and the settings.
        night_date: The date in the report zone on which it began.
        latest_date: The date of the last night that has begun: the same, unless this one was missed.
    """

    pipeline: Pipeline
    night_date: date
    latest_date: date


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the job.

    Attributes:
        name: Its name in the record.
        work: Does the step and returns its result in one sentence.
        needs: The steps that must be done, or this one is skipped.
    """

    name: str
    work: Callable[[Night], str]
    needs: tuple[str, ...] = ()


def _refresh(night: Night) -> str:
    run = night.pipeline.run("nightly")
    if run.status not in {"published", "unchanged"}:
        raise WarehouseError(f"the refresh {run.status}: {run.detail}")
    return f"{run.status}: {run.events_in:,} new deliveries, {run.rows_changed:,} rows written"


def _verify(night: Night) -> str:
    verification, checks = night.pipeline.compare()
    wrong = [item.table for item in verification.comparisons if not item.is_equal]
    wrong += [check.name for check in checks if check.blocks]
    if wrong:
        raise WarehouseError(f"not proved: {', '.join(wrong)}", hint="`cbw verify` shows the rows")
    return f"{len(verification.comparisons)} tables are what a full rebuild gives, {len(checks)} checks hold"


def _roll_up(night: Night) -> str:
    store, clock = night.pipeline.store, NightClock.from_settings(night.pipeline.settings)
    restore_nights(store)  # a lost night must not be frozen a second time
    frozen = [
        roll_up(store, owed_night, is_caught_up=owed_night < night.latest_date)
        for owed_night in owed(store.connection, night.night_date)
    ]
    with store.transaction() as connection:
        for each in frozen:
            if read(connection, each.night) is None:  # missed: it has no other step, then or later
                write(connection, NightRun.caught_up(each.night, clock.due_at(each.night), each.frozen_at))
    if not frozen:
        return "the night is frozen already"
    missed = f", with {len(frozen) - 1} missed nights caught up" if len(frozen) > 1 else ""
    return (
        f"{sum(each.figures_changed for each in frozen):,} figures frozen{missed}, "
        f"{sum(each.days_restated for each in frozen):,} past days restated"
    )


def _archive(night: Night) -> str:
    added = archive(night.pipeline.store, night.pipeline.settings)
    return f"{added.rows:,} raw events archived in {added.files:,} files"


def _retain(night: Night) -> str:
    kept = retain(night.pipeline.store, night.pipeline.settings)
    return f"{kept.deliveries:,} deliveries pruned from inboxes, {kept.imports:,} imports removed"


def _erase_again(night: Night) -> str:
    redacted = redact_inboxes(night.pipeline.store, night.pipeline.settings)
    return f"{redacted:,} deliveries of forgotten people redacted in inboxes"


def _report(night: Night) -> str:
    from transforms.report import write_report  # noqa: PLC0415 - templates and charts are for this step alone

    return f"wrote {write_report(night.pipeline.settings).name}"


def _archive_nights(night: Night) -> str:
    return f"nights archived: {archive_nights(night.pipeline.store)}"


def _compact(night: Night) -> str:
    WorkingCopy(night.pipeline.store, night.pipeline.graph).discard()
    return "the next version is written again, without unused space"


# Figures are frozen even if the verification fails: readers saw them, and a correction is a restatement. The inbox's
# copy of an event is pruned only after the tables and the archive's copy were verified.
STEPS = (
    Step("refresh", _refresh),
    Step("verify", _verify, needs=("refresh",)),
    Step("roll_up", _roll_up, needs=("refresh",)),
    Step("archive_nights", _archive_nights, needs=("roll_up",)),
    Step("archive", _archive, needs=("refresh",)),
    Step("erasures", _erase_again),
    Step("retention", _retain, needs=("verify", "archive")),
    Step("compact", _compact),
    Step("report", _report, needs=("refresh",)),
)
