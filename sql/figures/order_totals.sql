-- The worth of an order in the last `days` days of a currency, and in the `days` before; on the day of its front-end sale.
with days as (
    select
        *,
        date_diff('day', sold_date, getvariable('today')) // getvariable('days') as period
    from sale_cohorts
    where
        currency is not distinct from getvariable('currency')
        and order_count > 0
        and sold_date <= getvariable('today')
)

select
    period,
    cast(sum(order_count) as bigint) as order_count,
    cast(sum(average_order_value * order_count) / sum(order_count) as decimal(18, 4)) as average_order_value
from days
where period <= 1
group by period
order by period
