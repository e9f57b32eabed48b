-- One distinct body and how often it was delivered. Apart from stg_bodies, so that a repeat touches nothing but counts.
-- key: body_id
-- refresh by: body_hash
-- placed by: body_hash
with deliveries as (
    select * from raw_events
)

select
    min(sequence) as body_id, -- joins to stg_bodies.body_id
    body_hash, -- the first 8 bytes of the SHA-256 as a number
    cast(count(*) as bigint) as delivery_count, -- how often these bytes were delivered
    max(received_at) as last_received_at -- the latest delivery
from deliveries
group by body_hash, body_sha256
