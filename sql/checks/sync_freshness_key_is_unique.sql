-- Its key names a row: a second row under one key would be counted twice.
-- severity: blocking
select
    source,
    count(*) as row_count
from sync_freshness
group by source
having count(*) > 1
