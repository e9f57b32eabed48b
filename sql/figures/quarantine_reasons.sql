-- Why events could not be mapped.
select
    reason,
    count(distinct event_key) as event_count,
    max(first_seen_at) as latest_at
from quarantine
group by reason
order by event_count desc, reason
