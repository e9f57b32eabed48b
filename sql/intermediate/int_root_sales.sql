-- One seller's receipt as its rebills and their reversals see it: by its first payment.
-- key: receipt, vendor
-- refresh by: receipt
-- placed by: receipt
with sales as (
    select * from int_sales
    where is_counted
),

firsts as (
    select * from sales
    qualify row_number() over (partition by receipt, vendor order by is_rebill, sold_at, payment) = 1
)

select
    body_id,
    receipt,
    said_order_key,
    vendor,
    affiliate,
    currency,
    count(*) over (partition by receipt) as seller_count -- how many sellers have the receipt
from firsts
