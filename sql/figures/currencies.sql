-- The currencies that were sold in, the one with the most sales first.
select
    currency,
    cast(sum(sale_count + rebill_count) as bigint) as sale_count
from daily_sales
group by currency
order by sale_count desc, currency nulls last
