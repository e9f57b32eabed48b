"""A restore into a scratch directory, and its figures next to those of the present warehouse, which is only read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from transforms.archive.owner import plan_owner
from transforms.archive.source import Archive
from transforms.definitions.documentation import OPERATIONS
from transforms.publish.versions import current_version
from transforms.recovery.fill import fill
from transforms.recovery.restored import IncompleteRestoreError
from transforms.store.heartbeat import Heartbeat
from transforms.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from cbw.settings import Settings
    from transforms.recovery.restored import Restored

# The records of runs belong to the machine, not to the events.
UNCOMPARED = (*OPERATIONS, "nightly_runs", "nightly_steps")
# A publish may come between reading the heartbeat and opening the version.
_ATTEMPTS = 5
ROWS = "rows"

_COLUMNS = """
select table_name, list(column_name order by column_index) filter (where data_type like 'DECIMAL%'),
    bool_or(column_name = 'currency')
from duckdb_columns() where database_name = 'warehouse' group by table_name order by table_name
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of both warehouses.

    Attributes:
        table: The published table.
        name: ``rows``, or the column that is summed.
        currency: Of the sum; None for amounts without a currency, empty for a number of rows.
        present: In the present warehouse; None where it has no such figure.
        restored: In the restored one.
    """

    table: str
    name: str
    currency: str | None
    present: Any
    restored: Any

    @property
    def is_equal(self) -> bool:
        """Whether both are the same."""
        return bool(self.present == self.restored)


Figures = dict[tuple[str, str, str | None], Any]


def present_figures(settings: Settings) -> tuple[Figures, dict[str, int] | None]:
    """Return the figures of the published version, and the last number of each inbox in it; None when unknown.

    Raises:
        WarehouseError: Nothing is published.
    """
    for _ in range(_ATTEMPTS):
        beat = Heartbeat.read(settings.data_dir)
        with Warehouse(settings.warehouse_path) as warehouse:
            figures = figures_of(warehouse)
        if beat is None or beat.published_version == current_version(settings.data_dir):
            break
    return figures, None if beat is None else beat.positions


def figures_of(warehouse: Warehouse) -> Figures:
    """Return the number of rows of each table, and the sum of each amount by currency."""
    connection = warehouse.connection
    figures: Figures = {}
    for table, columns, has_currency in connection.execute(_COLUMNS).fetchall():
        if table in UNCOMPARED:
            continue
        (figures[table, ROWS, ""],) = connection.execute(f"select count(*) from {table}").fetchall()[0]
        if columns and has_currency:
            sums = ", ".join(f"sum({column})" for column in columns)
            rows = connection.execute(f"select currency, {sums} from {table} group by currency").fetchall()
            for currency, *amounts in rows:
                figures |= {
                    (table, column, currency): amount
                    for column, amount in zip(columns, amounts, strict=True)
                    if amount is not None
                }
    return figures


def restore_on_trial(
    settings: Settings, scratch: Path, directory: Path, through: Mapping[str, int] | None, *, allow_gaps: bool
) -> Restored:
    """Make private files and the owner's files in a scratch directory, as on a new machine.

    Args:
        settings: The data directory; it is only read.
        scratch: An empty directory.
        directory: The archive.
        through: The last number of each inbox to restore; None for all.
        allow_gaps: Compare the rest, even if deliveries are lost.

    Raises:
        IncompleteRestoreError: A restore would lose deliveries, nights or an owner's file.
    """
    archive = Archive.open(directory)
    owner = plan_owner(settings.model_copy(update={"data_dir": scratch}), directory, archive.manifest)
    restored = fill(settings, scratch, archive, owner, through)
    if restored.gaps and not allow_gaps:
        raise IncompleteRestoreError(restored)
    owner.write(scratch, directory)
    here = plan_owner(settings, directory, archive.manifest)
    return replace(restored, owner=replace(owner, differences=here.differences))


def compare(present: Figures, restored: Figures) -> Iterator[Figure]:
    """Yield every figure that either warehouse has, by table."""
    for table, name, currency in sorted(present | restored, key=lambda key: (key[0], key[2] or "", key[1])):
        key = (table, name, currency)
        yield Figure(table, name, currency, present.get(key), restored.get(key))
