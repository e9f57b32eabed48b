-- What is the refund rate?
-- Receipts refunded in the last 30 days / sales made in them, in USD; next to it the share of the money.
select
    vendor,
    sale_count as sales,
    refund_count as refunded,
    floor(round(10000 * refund_rate, 6)) / 100 as "refund rate %",
    floor(round(10000 * refund_rate_value, 6)) / 100 as "by value %"
from refund_rates
where
    window_days = 30
    and currency = 'USD'
    and report_date = (select max(report_date) from refund_rates)
order by vendor
