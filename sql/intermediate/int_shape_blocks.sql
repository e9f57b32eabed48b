-- One block of bodies, shape and event type: how many events its bodies tell, and since when.
-- key: block_id, shape_hash, event_type
-- stored by: shape_hash
-- refresh by: block_id
-- explained by stg_body_shapes: block_id, shape_hash
-- explained by int_events: block_id, event_type via stg_body_shapes where via.body_id = source.event_body_id and via.shape_hash = target.shape_hash
-- A new event changes the last block and leaves the others: a common shape is not counted again from all its bodies.
with bodies as (
    select * from stg_body_shapes
),

told as (
    select
        event_body_id,
        event_type,
        -- an event that could not be mapped may claim any time
        case when status = 'mapped' then occurred_at else received_at end as seen_at
    from int_events
    where status <> 'test'
)

select
    bodies.block_id,
    bodies.shape_hash,
    told.event_type,
    min(bodies.body_id) as body_id, -- any body of the shape has its paths
    count(*) as event_count,
    min(told.seen_at) as first_seen_at,
    max(told.seen_at) as last_seen_at
from bodies
inner join told on bodies.body_id = told.event_body_id
group by bodies.block_id, bodies.shape_hash, told.event_type
