-- Why do my days differ from those of another report?
-- By the day of the report zone, as ClickBank closes its days, and by the UTC day: the same sales, another border.
with sales as (
    select
        sold_date as report_day,
        cast(sold_at at time zone 'UTC' as date) as utc_day,
        currency,
        gross_amount
    from fct_sales
    where is_counted
),

by_report_day as (
    select
        report_day as day,
        currency,
        sum(gross_amount) as gross_sales
    from sales
    group by report_day, currency
),

by_utc_day as (
    select
        utc_day as day,
        currency,
        sum(gross_amount) as gross_sales
    from sales
    group by utc_day, currency
)

select
    coalesce(by_report_day.day, by_utc_day.day) as day,
    coalesce(by_report_day.currency, by_utc_day.currency) as currency,
    cast(coalesce(by_report_day.gross_sales, 0) as decimal(18, 2)) as "by report day",
    cast(coalesce(by_utc_day.gross_sales, 0) as decimal(18, 2)) as "by UTC day",
    cast(
        coalesce(by_report_day.gross_sales, 0) - coalesce(by_utc_day.gross_sales, 0) as decimal(18, 2)
    ) as difference
from by_report_day
full join by_utc_day
    on by_report_day.day = by_utc_day.day and by_report_day.currency is not distinct from by_utc_day.currency
order by day desc, currency
limit 14
