"""After any kill, each event that got 200 is in an inbox.

``CBW_KILL_ROUNDS`` sets how often; a few in every run, hundreds in the full form.
"""

from __future__ import annotations

import os
import random
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.amounts import amount
from tests.e2e.conftest import Receiver, StartReceiver, is_running, wait_until
from tests.e2e.senders import Senders

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROUNDS = amount(2, 3, "CBW_KILL_ROUNDS")


def kill_a_worker(receiver: Receiver) -> None:
    victim = random.choice(receiver.worker_pids())
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: not is_running(victim))


def kill_the_main_process(receiver: Receiver) -> None:
    receiver.kill()


def stop_it(receiver: Receiver) -> None:
    assert receiver.stop() == 0  # although senders go on: it waits for none of them for ever


@pytest.mark.timeout(600 + 20 * ROUNDS)
@pytest.mark.parametrize("end", [kill_a_worker, kill_the_main_process, stop_it])
def test_every_acknowledged_event_is_in_an_inbox_with_its_exact_bytes(
    start_receiver: StartReceiver, tmp_path: Path, end: Callable[[Receiver], None]
) -> None:
    sent: set[bytes] = set()
    acknowledged: set[bytes] = set()
    for number in range(ROUNDS):
        receiver = start_receiver(workers=2, data_dir=tmp_path / "data")
        with Senders(receiver.port, f"round-{number}") as senders:
            wait_until(lambda senders=senders: len(senders.acknowledged) >= 20)  # type: ignore[misc]
            time.sleep(random.uniform(0, 0.3))
            end(receiver)
            time.sleep(0.1)
        receiver.kill()
        sent |= senders.sent
        acknowledged |= senders.acknowledged
        assert senders.other_statuses <= {503}
    stored = receiver.bodies()
    assert len(acknowledged) >= 20 * ROUNDS
    assert acknowledged <= set(stored)
    assert set(stored) <= sent
    assert len(stored) == len(set(stored))
