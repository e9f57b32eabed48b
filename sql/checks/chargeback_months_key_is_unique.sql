-- Its key names a row: a second row under one key would be counted twice.
-- severity: blocking
select
    month,
    currency,
    vendor,
    count(*) as row_count
from chargeback_months
group by month, currency, vendor
having count(*) > 1
