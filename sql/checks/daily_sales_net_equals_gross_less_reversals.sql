-- Net sales of a day are its gross less the reversals of that day.
-- severity: blocking
-- refresh by: report_date
select
    report_date,
    currency,
    vendor,
    affiliate,
    net_sales
from daily_sales
where net_sales is distinct from gross_sales - refund_amount - chargeback_amount
