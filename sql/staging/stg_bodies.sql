-- One distinct body: byte-identical deliveries are one. They repeat because senders retry what they got no answer to.
-- key: body_id
-- Reads raw_events only here and in stg_items: everything after works on body_id, the load sequence of the first delivery.
with deliveries as (
    select * from raw_events
)

select
    min(sequence) as body_id, -- load sequence of the first delivery; an internal name, never published
    body_sha256, -- lower-case hex
    cast(count(*) as bigint) as delivery_count, -- how often these bytes were delivered
    min(received_at) as received_at, -- the earliest delivery
    max(received_at) as last_received_at -- the latest delivery
from deliveries
group by body_sha256
