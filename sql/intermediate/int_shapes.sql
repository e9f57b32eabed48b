-- One shape that tells events, and the first body that has it. Where it comes again nothing changes: its paths are kept.
-- key: shape_hash
-- refresh by: shape_hash
with blocks as (
    select * from int_shape_blocks
)

select
    shape_hash,
    min(body_id) as body_id -- any body of the shape has its paths
from blocks
group by shape_hash
