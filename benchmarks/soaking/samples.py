"""Samples taken during a soak: the memory of the processes, and the sizes of the files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.running.memory import HALVES, memory_of_halves
from benchmarks.soaking.files import MIB, bytes_with_wal, published_size
from transforms.publish.versions import current_version, versions

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.running.service import Service
    from benchmarks.soaking.readers import Readers
    from benchmarks.soaking.traffic import Sent


@dataclass(frozen=True)
class Sample:
    """One sample; sizes in MiB.

    Attributes:
        seconds: Since the soak began.
        deliveries: Acknowledged so far.
        version: The newest published version.
        versions_kept: The number of published versions on the disk.
        published_times: The size of the published file divided by that of a compacted copy.
        held_by_idle: The size of pruned versions that the idle reader has open.
    """

    seconds: float
    deliveries: int
    version: int
    versions_kept: int
    receive: float
    pipeline: float
    admin: float
    published: float
    published_times: float
    build: float
    events: float
    inbox: float
    held_by_idle: float


@dataclass(frozen=True)
class Memory:
    """The memory of one half of the service, in MiB.

    Attributes:
        half: ``receive``, ``pipeline`` or ``admin``.
        warm: After the warm-up.
        end: At the end.
        most: The most in any sample.
        growth: From ``warm`` to ``end``, as a fraction.
    """

    half: str
    warm: float
    end: float
    most: float
    growth: float


def look(seconds: float, service: Service, readers: Readers, sent: Sent, scratch: Path) -> Sample:
    """Take one sample."""
    data_dir, memory = service.data_dir, memory_of_halves(service.pid)
    published = published_size(data_dir, scratch)
    inboxes = (data_dir / "inbox").glob("inbox-*.sqlite")
    return Sample(
        seconds, sent.deliveries, current_version(data_dir) or 0, len(versions(data_dir)),
        *(memory[half] / MIB for half in HALVES),
        published.mib, published.times,
        bytes_with_wal(data_dir / "build.duckdb") / MIB, bytes_with_wal(data_dir / "events.duckdb") / MIB,
        sum(map(bytes_with_wal, inboxes)) / MIB, readers.held_by_idle() / MIB,
    )  # fmt: skip


def memories(samples: list[Sample], warm_after: float) -> list[Memory]:
    """Reduce the samples to the memory of each half.

    Args:
        samples: In order of time.
        warm_after: The seconds of the warm-up.
    """
    warm = next((sample for sample in samples if sample.seconds >= warm_after), samples[-1])
    return [
        Memory(
            half, getattr(warm, half), getattr(samples[-1], half), max(getattr(each, half) for each in samples),
            getattr(samples[-1], half) / getattr(warm, half) - 1 if getattr(warm, half) else 0.0,
        )
        for half in HALVES
    ]  # fmt: skip
