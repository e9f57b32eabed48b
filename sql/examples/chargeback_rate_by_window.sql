-- Is the chargeback rate near the limits?
-- Receipts charged back / sales in USD; ClickBank acts on the 14-day rate at 1.0, 1.5 and 2.0 %; small samples swing.
select
    vendor,
    window_days as days,
    sale_count as sales,
    chargeback_count as chargebacks,
    floor(round(10000 * chargeback_rate, 6)) / 100 as "rate %",
    case when is_small_sample then 'yes' else '' end as "small sample",
    case
        when window_days != 14 then ''
        when chargeback_rate >= 0.02 then '2.0 % or more'
        when chargeback_rate >= 0.015 then '1.5 % or more'
        when chargeback_rate >= 0.01 then '1.0 % or more'
        else 'below 1.0 %'
    end as "limit"
from chargeback_rates
where
    currency = 'USD'
    and report_date = (select max(report_date) from chargeback_rates)
order by vendor, window_days
