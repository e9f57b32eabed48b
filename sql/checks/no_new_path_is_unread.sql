-- The sender began to send something that no alias reads: it may be a key under a new name.
-- severity: warning
select
    event_type,
    json_path,
    event_count,
    first_seen_at
from schema_paths
where is_new and not is_mapped
