-- Each event that could not be mapped is listed with its reason, and no other.
-- severity: blocking
-- refresh by: event_key
with quarantined as (
    select event_key from events
    where status = 'quarantined'
),

listed as (
    select distinct event_key from quarantine
)

select
    quarantined.event_key as quarantined_key,
    listed.event_key as listed_key
from quarantined
full join listed on quarantined.event_key = listed.event_key
where quarantined.event_key is null or listed.event_key is null
