-- One shape and event type: how many events are told by a body of that shape, and since when.
-- key: shape_hash, event_type
-- stored by: bucket_id
-- refresh by: shape_hash
-- explained by stg_body_shapes: shape_hash
-- explained by int_events: event_type via stg_body_shapes where via.body_id = source.event_body_id and via.shape_hash = target.shape_hash
with blocks as (
    select * from int_shape_blocks
)

select
    shape_hash,
    cast(shape_hash % 256 as integer) as bucket_id, -- joins to stg_shape_paths
    event_type,
    cast(sum(event_count) as bigint) as event_count,
    min(first_seen_at) as first_seen_at,
    max(last_seen_at) as last_seen_at
from blocks
group by shape_hash, event_type
