-- The events received last.
select
    received_at,
    occurred_at,
    event_type,
    status,
    reason,
    delivery_count
from events
order by received_at desc, event_key
limit getvariable('rows')
