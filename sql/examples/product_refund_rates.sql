-- Which products are sent back?
-- The last 90 days, products with a sale, the highest refund rate first; under 30 sales the rate swings.
select
    item_no as product,
    title,
    vendor,
    currency,
    sale_count as sales,
    refund_count as refunded,
    floor(round(10000 * refund_rate, 6)) / 100 as "refund rate %",
    chargeback_count as "charged back",
    cast(gross_sales as decimal(18, 2)) as "gross sales",
    cast(net_sales as decimal(18, 2)) as "net sales"
from product_performance
where window_days = 90 and sale_count > 0
order by refund_rate desc, sale_count desc, item_no, vendor, currency
limit 20
