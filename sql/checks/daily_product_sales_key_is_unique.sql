-- Its key names a row: a second row under one key would be counted twice.
-- severity: blocking
-- refresh by: report_date
select
    report_date,
    currency,
    vendor,
    item_no,
    count(*) as row_count
from daily_product_sales
group by report_date, currency, vendor, item_no
having count(*) > 1
