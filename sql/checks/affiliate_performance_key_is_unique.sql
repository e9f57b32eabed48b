-- Its key names a row: a second row under one key would be counted twice.
-- severity: blocking
select
    window_days,
    currency,
    affiliate,
    count(*) as row_count
from affiliate_performance
group by window_days, currency, affiliate
having count(*) > 1
