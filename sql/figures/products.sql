-- The products of a currency over the last `window_days` days, the best by net sales first; by event date.
select
    rank,
    item_no,
    title,
    vendor,
    sale_count,
    gross_sales,
    net_sales,
    refund_count,
    refund_rate,
    chargeback_count,
    chargeback_rate,
    earnings_per_order
from product_performance
where
    currency is not distinct from getvariable('currency')
    and window_days = getvariable('window_days')
order by rank
limit getvariable('rows')
