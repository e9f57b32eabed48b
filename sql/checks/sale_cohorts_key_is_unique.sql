-- Its key names a row: a second row under one key would be counted twice.
-- severity: blocking
-- refresh by: sold_date
select
    sold_date,
    currency,
    vendor,
    count(*) as row_count
from sale_cohorts
group by sold_date, currency, vendor
having count(*) > 1
