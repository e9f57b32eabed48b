-- One receipt's sale as its rebills and their reversals see it.
-- key: receipt
-- refresh by: receipt
-- placed by: receipt
with sales as (
    select * from int_sales
    where is_counted
)

select
    body_id,
    receipt,
    said_order_key,
    vendor,
    affiliate,
    currency
from sales
