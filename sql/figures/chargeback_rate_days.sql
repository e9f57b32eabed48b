-- The chargeback rate of each vendor of a currency on each of the last `days` days, over `window_days` days up to it; by event date.
select
    report_date,
    vendor,
    chargeback_count,
    sale_count,
    chargeback_rate as rate,
    is_small_sample
from chargeback_rates
where
    currency is not distinct from getvariable('currency')
    and window_days = getvariable('window_days')
    and report_date > getvariable('today') - getvariable('days') * interval '1' day
order by vendor nulls last, report_date
