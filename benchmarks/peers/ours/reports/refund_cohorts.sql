-- One day of sale x currency x vendor x horizon. Maturity moves with the latest event, for the last 91 days of sale.
-- key: sold_date, currency, vendor, horizon_days
-- stored by: sold_date
-- refresh by: sold_date
-- affected by stg_today: select sold_date from fct_orders where sold_date > (select min(today) - 91 from changed)
with orders as (
    select * from fct_orders
    where state != 'orphan'
),

today as (
    select * from stg_today
),

horizons as (
    select unnest([7, 14, 30, 60, 90]) as horizon_days
),

cohorts as (
    select
        orders.sold_date,
        orders.currency,
        orders.vendor,
        horizons.horizon_days,
        count(*) as cohort_sales,
        count(*) filter (where orders.days_to_first_refund <= horizons.horizon_days) as refunded_sales
    from orders
    cross join horizons
    group by orders.sold_date, orders.currency, orders.vendor, horizons.horizon_days
),

aged as (
    select
        cohorts.*,
        date_diff('day', cohorts.sold_date, today.today) >= cohorts.horizon_days as is_mature
    from cohorts
    cross join today
)

select
    sold_date,
    currency,
    vendor,
    horizon_days,
    cohort_sales,
    is_mature,
    case when is_mature then refunded_sales end as refunded_sales,
    case when is_mature then refunded_sales / cohort_sales end as refund_rate_cohort
from aged
