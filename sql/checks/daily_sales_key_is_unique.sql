-- Its key names a row: a second row under one key would be counted twice.
-- severity: blocking
-- refresh by: report_date
select
    report_date,
    currency,
    vendor,
    affiliate,
    count(*) as row_count
from daily_sales
group by report_date, currency, vendor, affiliate
having count(*) > 1
