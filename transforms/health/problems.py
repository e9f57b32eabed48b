"""Sentences about an installation's faults, each with its remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbw.data_dir import EVENTS
from cbw.data_dir import SET_ASIDE_MARK as MARK

# The next night has begun by then, and readers have no frozen figures of the one before.
MOST_OWED_SECONDS = 86_400

if TYPE_CHECKING:
    from transforms.health.status import Status


def problems_of(status: Status) -> list[str]:
    """Return a sentence for each fault that a status shows, the loss of events first."""
    problems = [
        f"{name} was damaged and set aside: what can be read of it is loaded, the log says how much could not be "
        "(keep a copy, then delete it)"
        for name in status.set_aside
    ]
    problems += [
        f"{inbox['file']} is damaged (restart the receiver: it sets the file aside and takes a fresh one)"
        for inbox in status.inboxes
        if inbox["is_damaged"]
    ]
    problems += [
        f"{inbox['file']} is an older copy: its next deliveries get numbers loaded before, and are not loaded "
        f"(stop the service and rename it to {inbox['file']}{MARK}1; then a new one is made)"
        for inbox in status.inboxes
        if inbox["loaded"] > inbox["tip"]
    ]
    if not status.receiver_running:
        problems.append("the receiver is not running: webhooks are being refused (start it with `cbw serve`)")
    if not status.pipeline_running:
        problems.append("the pipeline is not running: nothing new is published (start it with `cbw serve`)")
    if status.pipeline is not None and status.pipeline["last_status"] in {"failed", "blocked"}:
        problems.append(f"the last run {status.pipeline['last_status']}: {status.pipeline['last_error']}")
    # A loss stays a problem until a later restore is whole.
    problems += [
        f"{gap['sentence']} (if a lost archive file is found: `cbw import` it)" for gap in status.gaps
    ]
    restored = [each for each in status.recoveries if each["file"] == EVENTS]
    is_refused = bool(restored) and restored[-1]["outcome"] == "refused"
    if is_refused or (restored and restored[-1]["missing"] and not status.gaps):
        problems.append(restored[-1]["sentence"])
    if status.verified and status.verified["failed"]:
        problems.append(
            f"the last verification failed: {', '.join(status.verified['failed'])} (see `cbw verify`)"
        )
    if status.night_owed_seconds > MOST_OWED_SECONDS:
        problems.append(
            f"a night is owed for {status.night_owed_seconds / 86_400:.1f} days: nothing was frozen, archived, "
            "verified or pruned since (a running pipeline does it; `cbw nightly` does it now and says what stops it)"
        )
    problems += _problems_of_the_night(status.night)
    if status.published_version is None:
        problems.append("nothing is published yet (build it with `cbw refresh`)")
    return problems


def _problems_of_the_night(night: dict[str, Any] | None) -> list[str]:
    if night is None:
        return []
    return [
        f"in the night of {night['night_date']}, {step['step']} failed: {step['detail']} (repeat it: `cbw nightly`)"
        for step in night["steps"]
        if step["status"] == "failed"
    ]
