-- One shape and the first body that has it. A known shape that comes again changes nothing here, so its paths are kept.
-- key: shape_hash
-- refresh by: shape_hash
with bodies as (
    select * from stg_body_shapes
)

select
    shape_hash,
    min(body_id) as body_id -- any body of the shape has its paths
from bodies
group by shape_hash
