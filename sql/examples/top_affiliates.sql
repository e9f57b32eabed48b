-- Which affiliates bring money that stays?
-- The best 10 of each currency in the last 90 days by net sales, beside the rank that gross sales alone would give.
select
    rank,
    rank() over (partition by currency order by gross_sales desc) as "rank by gross",
    coalesce(affiliate, '(none)') as affiliate,
    currency,
    sale_count as sales,
    cast(gross_sales as decimal(18, 2)) as "gross sales",
    cast(net_sales as decimal(18, 2)) as "net sales",
    floor(round(10000 * refund_rate, 6)) / 100 as "refund rate %",
    floor(round(10000 * chargeback_rate, 6)) / 100 as "chargeback rate %",
    cast(earnings_per_order as decimal(18, 2)) as "earnings per order"
from affiliate_performance
where window_days = 90
qualify rank <= 10
order by currency, rank
