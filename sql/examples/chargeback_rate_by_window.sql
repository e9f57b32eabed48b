-- Chargeback rate by window
-- Receipts charged back / sales, by window, in USD; under 100 sales the rate swings.
select
    vendor,
    window_days as days,
    sale_count as sales,
    chargeback_count as chargebacks,
    round(100 * chargeback_rate, 2) as "rate %",
    case when is_small_sample then 'yes' else '' end as "small sample"
from chargeback_rates
where
    currency = 'USD'
    and report_date = (select max(report_date) from chargeback_rates)
order by vendor, window_days
