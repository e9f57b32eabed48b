-- One threshold.reached that counts, with the days and the scope our own figure is computed over.
-- key: event_key, item_index
with natural_keys as (
    select * from stg_natural_keys
    where event_type = 'threshold.reached'
),

items as (
    select * from stg_typed_items
),

identities as (
    select * from stg_identities
)

select
    identities.event_key,
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
from natural_keys
inner join items on natural_keys.body_id = items.body_id and natural_keys.item_index = items.item_index
inner join identities on items.body_id = identities.body_id
