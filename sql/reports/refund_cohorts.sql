-- One sold_date x currency x vendor x horizon: of the sales made that day, how many were refunded within the horizon.
-- key: sold_date, currency, vendor, horizon_days
-- stored by: sold_date
-- refresh by: sold_date
-- affected by int_today: select sold_date from int_cohort_days where sold_date > (select min(today) - 91 from changed)
-- explained by int_cohort_days: sold_date, currency, vendor
-- explained by int_today: all
-- A cohort younger than its horizon is not known yet: NULL, never 0. Orphans have no cohort.
with days as (
    select * from int_cohort_days
),

today as (
    select * from int_today
),

horizons as (
    select unnest([7, 14, 30, 60, 90]) as horizon_days
),

cohorts as (
    select
        days.sold_date,
        days.currency,
        days.vendor,
        horizons.horizon_days,
        sum(days.sale_count) as cohort_sales,
        coalesce(sum(days.sale_count) filter (where days.is_rebill), 0) as rebill_count,
        coalesce(sum(days.sale_count) filter (where days.days_to_first_refund <= horizons.horizon_days), 0)
            as refunded_sales
    from days
    cross join horizons
    group by days.sold_date, days.currency, days.vendor, horizons.horizon_days
),

aged as (
    select
        cohorts.*,
        date_diff('day', cohorts.sold_date, today.today) >= cohorts.horizon_days as is_mature
    from cohorts
    cross join today
)

select
    sold_date, -- day of the sales, in the report zone
    currency, -- ISO 4217; NULL where none was said
    vendor, -- seller's nickname
    cast(horizon_days as integer) as horizon_days, -- days a sale had to come back: 7, 14, 30, 60 or 90
    cast(cohort_sales as bigint) as cohort_sales, -- sales made that day, initial sales and rebills together
    cast(rebill_count as bigint) as rebill_count, -- the rebills among them
    case when is_mature then cast(refunded_sales as bigint) end as refunded_sales, -- of them, refunded within the horizon; NULL while immature
    case when is_mature then rate(refunded_sales, cohort_sales) end as refund_rate_cohort, -- fraction; NULL while immature
    is_mature -- the cohort is as old as the horizon
from aged
