-- Its key names a row: a second row under one key would be counted twice.
-- severity: blocking
-- refresh by: receipt
select
    receipt,
    count(*) as row_count
from fct_orders
group by receipt
having count(*) > 1
