-- How long after the sale do customers ask for their money?
-- Receipts by the days to their first refund; a refund whose sale is unknown is left out.
with orders as (
    select
        *,
        case
            when days_to_first_refund = 0 then '0'
            when days_to_first_refund <= 3 then '1 to 3'
            when days_to_first_refund <= 7 then '4 to 7'
            when days_to_first_refund <= 14 then '8 to 14'
            when days_to_first_refund <= 30 then '15 to 30'
            when days_to_first_refund <= 60 then '31 to 60'
            else 'over 60'
        end as days
    from fct_orders
    where days_to_first_refund is not null
),

counted as (
    select
        days,
        min(days_to_first_refund) as first_day,
        count(*) as receipts
    from orders
    group by days
)

select
    days as "days after the sale",
    receipts,
    floor(round(1000 * receipts / sum(receipts) over (), 6)) / 10 as "share %",
    floor(round(1000 * sum(receipts) over (order by first_day) / sum(receipts) over (), 6)) / 10 as "so far %"
from counted
order by first_day
