-- Its key names a row: a second row under one key would show a path twice.
-- severity: blocking
select
    event_type,
    json_path,
    count(*) as row_count
from schema_paths
group by event_type, json_path
having count(*) > 1
