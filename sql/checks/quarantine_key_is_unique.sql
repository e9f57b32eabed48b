-- Its key names a row: a second row under one key would be counted twice.
-- severity: blocking
-- refresh by: event_key
select
    event_key,
    reason,
    json_path,
    count(*) as row_count
from quarantine
group by event_key, reason, json_path
having count(*) > 1
