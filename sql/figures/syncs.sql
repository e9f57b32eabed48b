-- Each source's latest sync, and whether it is on time by its own habit.
select
    source,
    last_synced_at,
    expected_interval_seconds / 3600 as usual_hours,
    lag_seconds / 3600 as lag_hours,
    status,
    records_claimed,
    records_held
from sync_freshness
order by source
