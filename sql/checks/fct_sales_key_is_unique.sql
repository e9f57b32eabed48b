-- Its key names a row: a second row under one key would be counted twice.
-- severity: blocking
-- refresh by: receipt
select
    vendor,
    role,
    receipt,
    transaction_type,
    count(*) as row_count
from fct_sales
group by vendor, role, receipt, transaction_type
having count(*) > 1
