-- Orders of the last `days` days of a currency, and of the `days` before: what one was worth.
with days as (
    select
        *,
        date_diff('day', report_date, (select max(report_date) from daily_sales)) // getvariable('days') as period
    from daily_orders
    where currency is not distinct from getvariable('currency')
)

select
    period,
    cast(sum(order_count) as bigint) as order_count,
    cast(sum(order_amount) / sum(order_count) as decimal(18, 4)) as average_order_value,
    cast(sum(account_amount) / sum(order_count) as decimal(18, 4)) as earnings_per_order
from days
where period <= 1
group by period
order by period
