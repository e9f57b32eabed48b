-- One day's sales of a currency and vendor, apart by how long after the sale the first refund came.
-- key: sold_date, currency, vendor, is_rebill, days_to_first_refund
-- stored by: sold_date
-- refresh by: sold_date
-- explained by fct_orders: sold_date, currency, vendor, is_rebill, days_to_first_refund where source.state != 'orphan'
with orders as (
    select * from fct_orders
    where state != 'orphan'
)

select
    sold_date,
    currency,
    vendor,
    is_rebill,
    days_to_first_refund, -- NULL when never refunded
    count(*) as sale_count
from orders
group by sold_date, currency, vendor, is_rebill, days_to_first_refund
