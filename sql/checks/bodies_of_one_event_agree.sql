-- The sender told one event in two ways; the body with the latest created_at counts.
-- severity: warning
select
    event_key,
    event_id,
    body_count
from events
where is_id_conflict
