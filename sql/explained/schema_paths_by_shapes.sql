-- The bodies that hold a value at the path, or below it where it stands for many.
select source.*
from int_shape_events as source
cross join schema_paths as target
where
    source.shape_hash in (
        select p.shape_hash
        from stg_shape_paths as p
        where
            p.json_path = target.json_path
            or (
                ends_with(target.json_path, '*')
                and starts_with(p.json_path, rtrim(target.json_path, '*'))
            )
    )
