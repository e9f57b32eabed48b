-- One data.synced, with what we hold for the range it says it synced.
-- key: event_key, item_index
-- refresh by: event_key
-- affected by int_record_days: select event_key from int_syncs, changed where report_date between range_start and range_end
-- explained by int_syncs: event_key, item_index
-- explained by int_record_days: where source.report_date between target.range_start and target.range_end
with syncs as (
    select * from int_syncs
),

days as (
    select * from int_record_days
),

held as (
    select
        syncs.event_key,
        syncs.item_index,
        total(days.records) as records_held
    from syncs
    left join days on days.report_date between syncs.range_start and syncs.range_end
    where syncs.range_start is not null and syncs.range_end is not null
    group by syncs.event_key, syncs.item_index
)

select
    syncs.event_key, -- joins to events.event_key
    syncs.item_index, -- place in a fanned-out event; 0 otherwise
    syncs.sync_id, -- the sender's name for the sync
    syncs.source, -- what was synced; clickbank when not said
    syncs.status, -- success, partial or failed; absent means success
    syncs.started_at, -- when it started
    syncs.completed_at, -- when it completed; the event's time when not said
    syncs.range_start, -- first day synced, in the report zone
    syncs.range_end, -- last day synced, inclusive
    syncs.records_claimed, -- how many records it says it synced
    cast(held.records_held as bigint) as records_held, -- sales, refunds and chargebacks we hold for those days; NULL without a range
    syncs.records_claimed - cast(held.records_held as bigint) as gap, -- claimed less held: positive means events are missing here
    syncs.is_backfill -- it repeats an old range
from syncs
left join held on syncs.event_key = held.event_key and syncs.item_index = held.item_index
