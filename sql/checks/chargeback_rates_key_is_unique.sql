-- Its key names a row: a second row under one key would be counted twice.
-- severity: blocking
-- refresh by: report_date
select
    report_date,
    currency,
    vendor,
    window_days,
    count(*) as row_count
from chargeback_rates
group by report_date, currency, vendor, window_days
having count(*) > 1
