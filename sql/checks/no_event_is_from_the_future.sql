-- An event that happened over an hour after we received it: a clock or an offset is wrong.
-- severity: warning
select
    event_key,
    occurred_at,
    received_at
from events
where status = 'mapped' and occurred_at > received_at + interval '1' hour
