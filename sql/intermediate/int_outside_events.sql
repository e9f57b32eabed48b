-- One event that no figure holds, because it is quarantined or unhandled.
-- key: event_key
-- refresh by: event_key
with received as (
    select * from events
    where status in ('quarantined', 'unhandled')
)

select
    event_key,
    status as kind,
    coalesce(reason, case when event_type is null then 'no event type' else 'event type' end) as reason,
    event_type,
    currency,
    amount
from received
