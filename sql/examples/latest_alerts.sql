-- Which alerts fired, and does our own figure agree?
-- The latest 8: each claim next to the warehouse's value for the same metric, scope and window.
select
    strftime(reached_at, '%Y-%m-%d %H:%M') as reached,
    metric,
    coalesce(scope_value, 'everything') as scope,
    claimed_value as claimed,
    unit,
    floor(round(10000 * computed_value, 4)) / 10000 as computed,
    verdict
from fct_threshold_alerts
order by reached_at desc, event_key
limit 8
