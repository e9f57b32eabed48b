-- One event that could not be mapped, per reason and place. It is stored, counted and can be replayed.
-- key: event_key, reason, json_path
with quarantined as (
    select * from events
    where status = 'quarantined'
),

identities as (
    select * from stg_identities
),

claims as (
    select * from stg_claims
),

faults as (
    select
        quarantined.event_key,
        quarantined.event_type,
        quarantined.received_at,
        unnest(string_split(claims.reasons, ';')) as fault
    from quarantined
    inner join identities on quarantined.event_key = identities.event_key and identities.body_id = identities.event_body_id
    inner join claims on identities.body_id = claims.body_id
)

select distinct
    event_key, -- joins to events.event_key
    event_type, -- as sent; NULL when the body is not JSON
    split_part(fault, ' ', 1) as reason, -- what is wrong
    nullif(substr(fault, strpos(fault, ' ') + 1), '') as json_path, -- where in the body; NULL when it is the whole body
    received_at as first_seen_at -- when its first delivery was read
from faults
