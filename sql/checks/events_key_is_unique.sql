-- Its key names a row: a second row under one key would be counted twice.
-- severity: blocking
-- refresh by: event_key
select
    event_key,
    count(*) as row_count
from events
group by event_key
having count(*) > 1
