-- One threshold.reached that counts, with the days and the scope our own figure is computed over.
-- key: event_key, item_index
-- refresh by: body_id
-- explained by int_event_items: body_id
with event_items as (
    select * from int_event_items
    where event_type = 'threshold.reached'
),

items as (
    select * from stg_typed_items
)

select
    event_items.event_key,
    items.body_id,
    cast(items.item_index as integer) as item_index,
    items.occurred_at as reached_at,
    items.rule_id,
    items.rule_name,
    items.metric,
    items.comparator,
    items.threshold_value,
    items.claimed_value,
    items.unit,
    items.scope_type,
    items.scope_value,
    items.window_start,
    items.window_end,
    items.window_label,
    items.severity,
    items.alert_state,
    items.currency,
    report_date(items.window_start) as first_date,
    -- a window that ends at midnight ends with the day before; one that ends on a bare date includes that day
    report_date(
        case when items.is_window_end_day then items.window_end else items.window_end - interval '1' microsecond end
    ) as last_date
from event_items
inner join items on event_items.body_id = items.body_id and event_items.item_index = items.item_index
