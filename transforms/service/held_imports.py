"""Earlier imports: the bodies that a new one adds to, and a list of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbw.duck import literal
from ingest.load.import_inbox import ID_PREFIX

if TYPE_CHECKING:
    from cbw.terminal import Progress
    from transforms.pipeline.pipeline import Pipeline
    from transforms.pipeline.read_only import Reader

# The id of an export's event begins with the digest of its party: seller, account, role and receipt.
_HELD = """
copy (
    with exports as (
        select decode(body) as body from events.raw_events
        where split_part(secret_id, ':', 1) in ('orders', 'report', 'subscriptions') and verdict is null
    ),

    named as (
        select substr(json_extract_string(body, '$.id'), 1, 16) as party, body from exports
    )

    select party, body from named
    where party in (select party from read_parquet({parties}))
) to {target} (format parquet)
"""
_IMPORTS = f"""
select
    inbox_id as import,
    string_agg(distinct secret_id, ', ' order by secret_id) as told_by,
    count(*) as deliveries,
    min(received_at) as first_received_at,
    max(received_at) as last_received_at,
    min(sequence) as first_sequence
from events.raw_events
where starts_with(inbox_id, '{ID_PREFIX}')
group by inbox_id
order by first_sequence
"""


def held_exports(
    pipeline: Pipeline | Reader, arguments: dict[str, Any], _progress: Progress
) -> dict[str, int]:
    """Write the stored bodies of some parties to a Parquet file.

    ``parties`` is a Parquet file with the column ``party``; ``target`` is the file to write, with ``party`` and
    ``body``.
    """
    statement = _HELD.format(parties=literal(arguments["parties"]), target=literal(arguments["target"]))
    row = pipeline.store.connection.execute(statement).fetchone()
    return {"held": row[0] if row else 0}


def imports(
    pipeline: Pipeline | Reader, _arguments: dict[str, Any], _progress: Progress
) -> list[dict[str, Any]]:
    """Return each import of which deliveries are held, oldest first."""
    cursor = pipeline.store.connection.execute(_IMPORTS)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
