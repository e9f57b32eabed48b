-- Which alerts disagree with our own figures?
-- Same metric, scope and window; a metric that we cannot compute (clicks, for one) is no disagreement and is left out.
select
    strftime(reached_at, '%Y-%m-%d %H:%M') as reached,
    metric,
    coalesce(scope_type || ' ' || scope_value, 'everything') as scope,
    strftime(window_start, '%Y-%m-%d %H:%M') as window_from,
    strftime(window_end, '%Y-%m-%d %H:%M') as window_until,
    claimed_value as claimed,
    floor(round(10000 * computed_value, 4)) / 10000 as computed,
    unit,
    event_key
from fct_threshold_alerts
where verdict = 'mismatch'
order by reached_at desc, event_key
limit 20
