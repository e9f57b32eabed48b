-- The first bodies of the event type: a path is new where they are older.
select source.*
from int_shape_events as source
cross join schema_paths as target
where
    source.first_seen_at = (
        select min(l.first_seen_at)
        from int_shape_events as l
        where
            l.event_type is not distinct from target.event_type
            and l.shape_hash in (select p.shape_hash from stg_shape_paths as p)
    )
