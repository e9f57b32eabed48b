-- Each of the last `days` days of a currency: sales, reversals and the rest. A day without events is 0.
with bounds as (
    select
        getvariable('today') as last_date,
        greatest(min(report_date), cast(getvariable('today') - (getvariable('days') - 1) * interval '1' day as date)) as first_date
    from daily_sales
),

calendar as (
    select cast(unnest(generate_series(first_date, last_date, interval '1' day)) as date) as report_date
    from bounds
),

totals as (
    select
        report_date,
        sum(gross_sales) as gross_sales,
        sum(refund_amount) as refund_amount,
        sum(chargeback_amount) as chargeback_amount,
        sum(net_sales) as net_sales
    from daily_sales
    where currency is not distinct from getvariable('currency')
    group by report_date
)

select
    calendar.report_date,
    coalesce(totals.gross_sales, 0) as gross_sales,
    coalesce(totals.refund_amount, 0) as refund_amount,
    coalesce(totals.chargeback_amount, 0) as chargeback_amount,
    coalesce(totals.net_sales, 0) as net_sales
from calendar
left join totals on calendar.report_date = totals.report_date
order by calendar.report_date
