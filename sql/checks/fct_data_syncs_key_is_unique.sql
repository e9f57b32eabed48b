-- Its key names a row: a second row under one key would be counted twice.
-- severity: blocking
-- refresh by: event_key
select
    event_key,
    item_index,
    count(*) as row_count
from fct_data_syncs
group by event_key, item_index
having count(*) > 1
