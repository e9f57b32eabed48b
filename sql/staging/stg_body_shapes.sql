-- One distinct body that is a JSON object, and its shape: which keys it has, and of which kind their values are.
-- key: body_id
-- refresh by: body_id
-- from raw_events: sequence as body_id
-- A tenth of the cost of writing the shape out: that is done once for each shape, in stg_shape_paths.
with bodies as (
    select * from stg_bodies
),

deliveries as (
    select * from raw_events
    where verdict is null
),

documents as (
    select
        bodies.body_id,
        without_nil(readable_text(deliveries.body, deliveries.document)) as document
    from bodies
    inner join deliveries on bodies.body_id = deliveries.sequence
)

select
    body_id,
    cast(body_id // 8192 as bigint) as block_id, -- the bodies that were loaded one after the other
    hash(json_keys(document), json_keys(document, '$..*'), json_type(document, '$..*')) as shape_hash -- joins to stg_shape_paths
from documents
