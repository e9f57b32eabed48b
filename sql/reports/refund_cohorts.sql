-- One sold_date x currency x vendor x horizon: of the sales made that day, how many were refunded within the horizon.
-- key: sold_date, currency, vendor, horizon_days
-- A cohort younger than its horizon is not known yet: NULL, never 0. Orphans have no cohort.
with sales as (
    select * from fct_sales
    where is_counted
),

refunds as (
    select * from fct_refunds
    where is_counted and not is_orphan
),

today as (
    select * from stg_today
),

horizons as (
    select unnest([7, 14, 30, 60, 90]) as horizon_days
),

first_refunds as (
    select
        receipt,
        min(days_to_refund) as days_to_refund
    from refunds
    group by receipt
),

cohorts as (
    select
        sales.sold_date,
        sales.currency,
        sales.vendor,
        horizons.horizon_days,
        count(*) as cohort_sales,
        count(*) filter (where sales.is_rebill) as rebill_count,
        count(*) filter (where first_refunds.days_to_refund <= horizons.horizon_days) as refunded_sales
    from sales
    cross join horizons
    left join first_refunds on sales.receipt = first_refunds.receipt
    group by sales.sold_date, sales.currency, sales.vendor, horizons.horizon_days
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
    case when is_mature then cast(refunded_sales as double) / nullif(cast(cohort_sales as double), 0) end as refund_rate_cohort, -- fraction; NULL while immature
    is_mature -- the cohort is as old as the horizon
from aged
