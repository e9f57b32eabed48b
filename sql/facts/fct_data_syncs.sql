-- One data.synced, with the records we hold for the range it claims.
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
        total(days.sales) as sales_held,
        total(days.refunds) as refunds_held,
        total(days.chargebacks) as chargebacks_held
    from syncs
    left join days on days.report_date between syncs.range_start and syncs.range_end
    where syncs.range_start is not null and syncs.range_end is not null
    group by syncs.event_key, syncs.item_index
),

-- A sync that claims counts by type alone is compared with our counts of those types.
compared as (
    select
        syncs.*,
        cast(held.sales_held as bigint) as sales_held,
        cast(held.refunds_held as bigint) as refunds_held,
        cast(held.chargebacks_held as bigint) as chargebacks_held,
        cast(
            case when syncs.is_claimed_by_type and syncs.sales_claimed is null then 0 else held.sales_held end
            + case when syncs.is_claimed_by_type and syncs.refunds_claimed is null then 0 else held.refunds_held end
            + case when syncs.is_claimed_by_type and syncs.chargebacks_claimed is null then 0 else held.chargebacks_held end
            as bigint
        ) as records_held
    from syncs
    left join held on syncs.event_key = held.event_key and syncs.item_index = held.item_index
)

select
    event_key, -- joins to events.event_key
    item_index, -- place in a fanned-out event; 0 otherwise
    sync_id, -- the sender's name for the sync
    source, -- the source synced; clickbank when not said
    status, -- success, partial or failed; absent means success
    started_at, -- when it started
    completed_at, -- when it completed; the event's time when not said
    range_start, -- first day synced, in the report zone
    range_end, -- last day synced, inclusive
    records_claimed, -- how many records it says it synced
    records_held, -- sales, refunds and chargebacks we hold for those days, each once, for any number of roles; only of the types claimed where the claim is by type alone; NULL without a range
    records_claimed - records_held as gap, -- claimed less held: positive means events are missing here
    sales_claimed, -- how many sales it says it synced; NULL when not said
    sales_held, -- sales and rebills we hold for those days; NULL without a range
    refunds_claimed, -- how many refunds it says it synced; NULL when not said
    refunds_held, -- refunds we hold for those days; NULL without a range
    chargebacks_claimed, -- how many chargebacks it says it synced; NULL when not said
    chargebacks_held, -- chargebacks we hold for those days; NULL without a range
    is_backfill -- it repeats an old range
from compared
