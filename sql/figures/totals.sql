-- The last `days` days of a currency beside the `days` before: sums of daily_sales, 0 for this period and 1 for the one before.
with days as (
    select
        *,
        date_diff('day', report_date, getvariable('today')) // getvariable('days') as period
    from daily_sales
    where currency is not distinct from getvariable('currency') and report_date <= getvariable('today')
)

select
    period,
    cast(sum(sale_count) as bigint) as sale_count,
    cast(sum(rebill_count) as bigint) as rebill_count,
    sum(gross_sales) as gross_sales,
    sum(net_sales) as net_sales,
    sum(earnings_net) as earnings_net,
    bool_or(is_earnings_net_estimated) as is_earnings_net_estimated
from days
where period <= 1
group by period
order by period
