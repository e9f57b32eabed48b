"""After any sequence of steps in any order, an installation's tables equal a full rebuild.

A step is a batch of anything that a sender can send, in any order and up to two years late; repeats; an import next to
the inbox; keys of the sender's own, which put events in quarantine; or an extension of the alias table, which maps
these events again. Until the first extension the oracle has to agree as well.

CI runs a slice. The full run: ``CBW_EXAMPLES=1000 pytest tests/transforms/build/test_state_machine.py --timeout 0``.
"""

from __future__ import annotations

import os
import shutil
from itertools import count
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from cbw.data_dir import USER_ALIASES
from cbw.settings import load_settings
from ingest.load.raw_events import load, watermark
from tests.amounts import amount
from tests.oracle import RawDelivery, aliases, build_warehouse
from tests.sql.agreement import differences
from tests.sql.harness import GRAPH, source_of
from tests.sql.nasty_histories import histories
from tests.sql.one_store import differing, misplaced
from transforms.build.builder import Builder
from transforms.build.incremental import MANY
from transforms.build.rebuild import rebuild
from transforms.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

EXAMPLES = amount(2, 3)
INBOXES = ("inbox", "import")
# A key of the sender's own: the keys that it replaces, and the alias that maps it.
OWN_KEYS = {
    "belegnr": (aliases.TEXT["receipt"], "transaction,receipt,belegnr,"),
    "soldWhen": (aliases.TIME["sale"], "transaction,sale_time,soldWhen,"),
}


def foreign(delivery: RawDelivery, own_key: str) -> RawDelivery:
    """Rename a field of a delivery to the sender's own key."""
    body = delivery.body
    for key in OWN_KEYS[own_key][0]:
        body = body.replace(f'"{key}":'.encode(), f'"{own_key}":'.encode())
    return RawDelivery(delivery.received_at, body)


def opened(data_dir: Path) -> Store:
    """Open a store for tables of a few rows, where a second thread costs more than it saves."""
    store = Store.open(load_settings(data_dir=data_dir))
    store.define_aliases(GRAPH)
    store.connection.execute("set threads = 1")
    return store


def installed(data_dir: Path) -> Store:
    """Open a store and build all its tables, as the first refresh does and the one after a new alias."""
    store = opened(data_dir)
    with store.transaction() as connection:
        rebuild(connection, GRAPH)
    return store


class Installation(RuleBasedStateMachine):
    """One installation from its first delivery on; `teardown` compares its tables at the end of each history."""

    data_dir: Path
    empty_dir: Path
    numbers = count(1)

    def __init__(self) -> None:
        super().__init__()
        shutil.rmtree(self.data_dir, ignore_errors=True)
        shutil.copytree(self.empty_dir, self.data_dir)
        self.received: dict[str, list[RawDelivery]] = {inbox: [] for inbox in INBOXES}
        self.known: list[str] = []
        self.store = opened(self.data_dir)
        # Every other history is refreshed by places, like one of millions of events.
        self.builder = Builder(GRAPH, (), many=0 if next(self.numbers) % 2 else MANY)

    def arrive(self, inbox: str, deliveries: Sequence[RawDelivery]) -> None:
        self.received[inbox] += deliveries
        since = watermark(self.store.connection)
        load(self.store.connection, [source_of(self.received[inbox], inbox)])
        self.builder.initialise(self.store.connection)
        with self.store.transaction() as connection:
            self.builder.build_changed(connection, since)
        self.builder.clear_changes()

    @property
    def everything(self) -> list[RawDelivery]:
        return [delivery for inbox in INBOXES for delivery in self.received[inbox]]

    @rule(inbox=st.sampled_from(INBOXES), deliveries=histories(max_size=8))
    def a_batch_arrives(self, inbox: str, deliveries: list[RawDelivery]) -> None:
        self.arrive(inbox, deliveries)

    @rule(own_key=st.sampled_from(sorted(OWN_KEYS)), deliveries=histories(max_size=8))
    def a_sender_has_a_key_of_its_own(self, own_key: str, deliveries: list[RawDelivery]) -> None:
        self.arrive("inbox", [foreign(delivery, own_key) for delivery in deliveries])

    @precondition(lambda self: self.everything)
    @rule(inbox=st.sampled_from(INBOXES), data=st.data())
    def deliveries_arrive_again(self, inbox: str, data: st.DataObject) -> None:
        self.arrive(inbox, data.draw(st.lists(st.sampled_from(self.everything), min_size=1, max_size=5)))

    @precondition(lambda self: len(self.known) < len(OWN_KEYS))
    @rule(data=st.data())
    def an_alias_is_added_and_quarantine_replayed(self, data: st.DataObject) -> None:
        self.known.append(data.draw(st.sampled_from(sorted(OWN_KEYS.keys() - self.known))))
        lines = ["scope,field,path,unit", *(OWN_KEYS[key][1] for key in self.known)]
        (self.data_dir / USER_ALIASES).write_text("\n".join(lines) + "\n")
        self.store.close()
        self.store = installed(self.data_dir)

    def teardown(self) -> None:
        try:
            assert differing(self.store) == []
            assert misplaced(self.store) == []
            if not self.known:
                assert differences(self.store, build_warehouse(self.everything)) == []
        finally:
            self.store.close()


def test_after_any_sequence_of_steps_the_tables_equal_a_rebuild(tmp_path: Path) -> None:
    # Building empty tables takes as long as building those of a history: once for all histories is enough.
    Installation.empty_dir, Installation.data_dir = tmp_path / "empty", tmp_path / "data"
    installed(Installation.empty_dir).close()
    run_state_machine_as_test(
        Installation,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=5,
            deadline=None,
            derandomize="CBW_EXAMPLES" not in os.environ,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.explicit, Phase.generate, Phase.shrink),
        ),
    )
