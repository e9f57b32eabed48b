-- One day's sales of a currency and vendor, apart by how long after the sale the first refund came.
-- key: sold_date, currency, vendor, is_rebill, days_to_first_refund
-- stored by: sold_date
-- refresh by: sold_date
-- explained by int_payments: sold_date, currency, vendor, is_rebill, days_to_first_refund where not source.is_orphan
with payments as (
    select * from int_payments
    where not is_orphan
)

select
    sold_date,
    currency,
    vendor,
    is_rebill,
    days_to_first_refund, -- NULL when never refunded
    count(*) as sale_count
from payments
group by sold_date, currency, vendor, is_rebill, days_to_first_refund
