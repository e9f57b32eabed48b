-- Which events could not be mapped, and why?
-- They are stored and in no figure yet; a line in aliases.csv and `cbw quarantine --replay` maps events that use another key.
select
    reason,
    event_type as type,
    json_path as "place in the body",
    count(*) as events,
    strftime(min(first_seen_at), '%Y-%m-%d %H:%M') as "first seen",
    strftime(max(first_seen_at), '%Y-%m-%d %H:%M') as "last seen",
    min(event_key) as "one of them"
from quarantine
group by reason, event_type, json_path
order by events desc, reason, type, "place in the body"
