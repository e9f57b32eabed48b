-- Its key names a row: a second row under one key would be counted twice.
-- severity: blocking
-- refresh by: receipt
select
    event_key,
    item_index,
    line_number,
    count(*) as row_count
from fct_sale_lines
group by event_key, item_index, line_number
having count(*) > 1
