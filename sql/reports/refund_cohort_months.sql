-- One month of sales x currency x vendor x horizon: refund_cohorts added up over the days that are as old as the horizon.
-- key: sold_month, currency, vendor, horizon_days
-- refresh by: sold_month
-- affected by refund_cohorts: select cast(date_trunc('month', sold_date) as date) as sold_month from changed
-- reads refund_cohorts: cast(date_trunc('month', sold_date) as date) in (select sold_month from keys)
-- affected by int_today: select cast(date_trunc('month', sold_date) as date) as sold_month from refund_cohorts where sold_date > (select min(today) - 122 from changed)
-- explained by refund_cohorts: currency, vendor, horizon_days where cast(date_trunc('month', source.sold_date) as date) = target.sold_month
-- explained by int_today: all
with cohorts as (
    select * from refund_cohorts
),

today as (
    select * from int_today
),

months as (
    select
        cast(date_trunc('month', sold_date) as date) as sold_month,
        currency,
        vendor,
        horizon_days,
        sum(cohort_sales) as cohort_sales,
        coalesce(sum(cohort_sales) filter (where is_mature), 0) as mature_sales,
        sum(refunded_sales) as refunded_sales
    from cohorts
    group by date_trunc('month', sold_date), currency, vendor, horizon_days
)

select
    months.sold_month, -- first day of the month of the sales
    months.currency, -- ISO 4217; NULL where none was said
    months.vendor, -- seller's nickname
    months.horizon_days, -- days a sale had to come back: 7, 14, 30, 60 or 90
    cast(months.cohort_sales as bigint) as cohort_sales, -- sales made in the month, initial sales and rebills together
    cast(months.mature_sales as bigint) as mature_sales, -- of them, made on days as old as the horizon: the rate's denominator
    cast(months.refunded_sales as bigint) as refunded_sales, -- of mature_sales, refunded within the horizon; NULL while no day is mature
    rate(months.refunded_sales, months.mature_sales) as refund_rate_cohort, -- fraction; NULL while no day is mature
    date_diff('day', last_day(months.sold_month), today.today) >= months.horizon_days as is_mature -- the month's last day is as old as the horizon; until then the rate is of its first days alone
from months
cross join today
