-- Its key names a row: a second row under one key would be counted twice.
-- severity: blocking
-- refresh by: sold_date
select
    sold_date,
    currency,
    vendor,
    horizon_days,
    count(*) as row_count
from refund_cohorts
group by sold_date, currency, vendor, horizon_days
having count(*) > 1
