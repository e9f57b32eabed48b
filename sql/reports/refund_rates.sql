-- One day x currency x vendor x trailing window, by EVENT date: receipts refunded in the window / sales made in it.
-- key: report_date, currency, vendor, window_days
-- stored by: report_date
-- refresh by: report_date
-- explained by int_rate_days: currency, vendor file explained/refund_rates_by_int_rate_days.sql
-- explained by int_today: all
-- ClickBank's own definition. For "of the sales made then, how many came back" see refund_cohorts.
with totals as (
    select * from int_window_totals
    where window_days in (1, 7, 30, 60, 90)
)

select
    report_date, -- last day of the window, in the report zone
    currency, -- ISO 4217; NULL where none was said
    vendor, -- seller's nickname
    window_days, -- length of the window: 1, 7, 30, 60 or 90 days
    sale_count, -- sales made in the window, initial sales and rebills together
    rebill_count, -- the rebills among them
    refund_count, -- distinct payments refunded in the window
    rate(refund_count, sale_count) as refund_rate, -- fraction; NULL without sales; may exceed 1
    gross_sales, -- amount customers paid in the window
    refund_amount, -- refunded in the window, positive
    rate(refund_amount, gross_sales) as refund_rate_value, -- refund_amount / gross_sales; NULL without sales
    reversed_count, -- distinct payments refunded or charged back in the window; by both counts once
    rate(reversed_count, sale_count) as reversal_rate -- reversed_count / sale_count; NULL without sales; not the sum of refund_rate and chargeback_rate
from totals
