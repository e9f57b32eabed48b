-- The sender's figure and ours differ: an event is missing on one side, or the definitions differ.
-- severity: warning
select
    event_key,
    metric,
    claimed_value,
    computed_value
from fct_threshold_alerts
where verdict = 'mismatch'
