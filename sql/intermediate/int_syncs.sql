-- One data.synced that counts.
-- key: event_key, item_index
-- refresh by: body_id
-- explained by int_event_items: body_id
with event_items as (
    select * from int_event_items
    where event_type = 'data.synced'
),

items as (
    select * from stg_typed_items
)

select
    event_items.event_key,
    cast(items.item_index as integer) as item_index,
    items.body_id,
    items.sync_id,
    items.source,
    items.sync_status as status,
    items.started_at,
    coalesce(items.completed_at, items.occurred_at) as completed_at,
    items.range_start,
    items.range_end,
    items.records_claimed,
    items.sales_count as sales_claimed,
    items.refunds_count as refunds_claimed,
    items.chargebacks_count as chargebacks_claimed,
    items.is_claimed_by_type,
    items.is_backfill
from event_items
inner join items on event_items.body_id = items.body_id and event_items.item_index = items.item_index
