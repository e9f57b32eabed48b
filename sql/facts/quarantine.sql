-- One event that could not be mapped, per reason and place. It is stored, counted and can be replayed.
-- key: event_key, reason, json_path
-- refresh by: event_key
with quarantined as (
    select * from int_events
    where status = 'quarantined'
),

faults as (
    select
        event_key,
        event_type,
        received_at,
        unnest(string_split(reasons, ';')) as fault
    from quarantined
)

select distinct
    event_key, -- joins to events.event_key
    event_type, -- as sent; NULL when the body is not JSON
    split_part(fault, ' ', 1) as reason, -- the fault
    nullif(substr(fault, strpos(fault, ' ') + 1), '') as json_path, -- where in the body; NULL when it is the whole body
    received_at as first_seen_at -- when its first delivery was read
from faults
