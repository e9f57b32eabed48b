-- One day x currency x vendor x trailing window, by EVENT date: receipts charged back in the window / sales made in it.
-- key: report_date, currency, vendor, window_days
-- stored by: report_date
-- refresh by: report_date
-- explained by int_rate_days: currency, vendor file explained/chargeback_rates_by_int_rate_days.sql
-- explained by int_today: all
with totals as (
    select * from int_window_totals
    where window_days in (7, 14, 30, 60, 90) and has_chargeback_rate
)

select
    report_date, -- last day of the window, in the report zone
    currency, -- ISO 4217; NULL where none was said
    vendor, -- seller's nickname
    window_days, -- length of the window: 7, 14, 30, 60 or 90 days
    sale_count, -- sales made in the window, initial sales and rebills together
    rebill_count, -- the rebills among them
    chargeback_count, -- distinct payments charged back in the window
    rate(chargeback_count, sale_count) as chargeback_rate, -- fraction; NULL without sales; disputes that were reversed or won later stay in it
    standing_count as standing_chargeback_count, -- distinct payments with a dispute of the window that was not reversed or won later
    rate(standing_count, sale_count) as cbr_net, -- standing_chargeback_count / sale_count; NULL without sales
    sale_count < 100 as is_small_sample -- under 100 sales the rate swings
from totals
