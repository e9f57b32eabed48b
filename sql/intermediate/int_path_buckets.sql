-- One bucket of shapes, event type, path and kind of value: how many events have it, and since when.
-- key: bucket_id, event_type, data_path, json_path, json_type
-- stored by: bucket_id
-- refresh by: bucket_id
with counts as (
    select * from int_shape_events
),

paths as (
    select * from stg_shape_paths
)

select
    counts.bucket_id,
    counts.event_type,
    paths.data_path,
    paths.json_path,
    paths.json_type,
    cast(sum(counts.event_count) as bigint) as event_count,
    min(counts.first_seen_at) as first_seen_at,
    max(counts.last_seen_at) as last_seen_at
from counts
inner join paths on counts.bucket_id = paths.bucket_id and counts.shape_hash = paths.shape_hash
group by counts.bucket_id, counts.event_type, paths.data_path, paths.json_path, paths.json_type
