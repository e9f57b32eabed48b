-- Is each source syncing on time?
-- Each source by its own habit: the usual gap is the median of its last ten.
select
    source,
    strftime(last_synced_at, '%Y-%m-%d %H:%M') as "last synced",
    round(expected_interval_seconds / 3600, 1) as "usual gap, hours",
    status,
    records_claimed as claimed,
    records_held as held
from sync_freshness
order by source
