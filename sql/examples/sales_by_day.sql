-- What did each day bring: gross beside net?
-- The last 10 days in USD, every amount on the date of its own event: a late refund lowers the day it was made.
select
    report_date as day,
    cast(sum(sale_count) as bigint) as sales,
    cast(sum(rebill_count) as bigint) as rebills,
    cast(sum(gross_sales) as decimal(18, 2)) as "gross sales",
    cast(sum(refund_amount) as decimal(18, 2)) as refunds,
    cast(sum(chargeback_amount) as decimal(18, 2)) as chargebacks,
    cast(sum(net_sales) as decimal(18, 2)) as "net sales"
from daily_sales
where currency = 'USD'
group by report_date
order by report_date desc
limit 10
