-- One distinct body: byte-identical deliveries are one. They repeat because senders retry deliveries without an answer.
-- key: body_id
-- refresh by: body_hash
-- placed by: body_hash
with deliveries as (
    select * from raw_events
)

select
    min(sequence) as body_id, -- load sequence of the first delivery; an internal name, never published
    body_hash, -- the first 8 bytes of the SHA-256 as a number
    body_sha256, -- lower-case hex
    min(received_at) as received_at, -- the earliest delivery
    max(told_by(secret_id)) as told_by -- command_center, ins, orders, report or subscriptions
from deliveries
group by body_hash, body_sha256
