-- Its key names a row: a second row under one key would be counted twice.
-- severity: blocking
select
    window_days,
    currency,
    vendor,
    item_no,
    count(*) as row_count
from product_performance
group by window_days, currency, vendor, item_no
having count(*) > 1
