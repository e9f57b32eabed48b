-- The latest threshold alerts: each claim next to our own value of the same metric, scope and window.
select
    reached_at,
    metric,
    scope_type,
    scope_value,
    comparator,
    threshold_value,
    claimed_value,
    unit,
    window_start,
    window_end,
    computed_value,
    verdict
from fct_threshold_alerts
order by reached_at desc, event_key, item_index
limit getvariable('rows')
