-- One data.synced, with what we hold for the range it says it synced.
-- key: event_key, item_index
with natural_keys as (
    select * from stg_natural_keys
    where event_type = 'data.synced'
),

items as (
    select * from stg_typed_items
),

identities as (
    select * from stg_identities
),

syncs as (
    select
        identities.event_key,
        cast(items.item_index as integer) as item_index,
        items.sync_id,
        items.source,
        items.sync_status as status,
        items.started_at,
        coalesce(items.completed_at, items.occurred_at) as completed_at,
        items.range_start,
        items.range_end,
        items.records_claimed,
        items.is_backfill
    from natural_keys
    inner join items on natural_keys.body_id = items.body_id and natural_keys.item_index = items.item_index
    inner join identities on items.body_id = identities.body_id
),

activity as (
    select sold_date as report_date from fct_sales
    union all
    select refunded_date as report_date from fct_refunds
    union all
    select charged_back_date as report_date from fct_chargebacks
),

-- One pass over the days instead of one pass over the facts per sync.
days as (
    select
        report_date,
        count(*) as records
    from activity
    group by report_date
),

held as (
    select
        syncs.event_key,
        syncs.item_index,
        coalesce(sum(days.records), 0) as records_held
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
