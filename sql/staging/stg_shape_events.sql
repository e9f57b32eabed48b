-- One shape and event type: how many events are told by a body of that shape, and since when.
-- key: shape_hash, event_type
-- refresh by: shape_hash
-- explained by stg_body_shapes: shape_hash
-- explained by stg_events: event_type via stg_body_shapes where via.body_id = source.event_body_id and via.shape_hash = target.shape_hash
-- affected by stg_events: select shape_hash from stg_body_shapes as b, changed where b.body_id = changed.event_body_id
with bodies as (
    select * from stg_body_shapes
),

told as (
    select
        event_body_id,
        event_type,
        -- what could not be mapped may say any time
        case when status = 'mapped' then occurred_at else received_at end as seen_at
    from stg_events
    where status <> 'test'
)

select
    bodies.shape_hash,
    told.event_type,
    count(*) as event_count,
    min(told.seen_at) as first_seen_at,
    max(told.seen_at) as last_seen_at
from bodies
inner join told on bodies.body_id = told.event_body_id
group by bodies.shape_hash, told.event_type
