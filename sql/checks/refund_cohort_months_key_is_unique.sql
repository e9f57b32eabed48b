-- Its key names a row: a second row under one key would be counted twice.
-- severity: blocking
-- refresh by: sold_month
select
    sold_month,
    currency,
    vendor,
    horizon_days,
    count(*) as row_count
from refund_cohort_months
group by sold_month, currency, vendor, horizon_days
having count(*) > 1
