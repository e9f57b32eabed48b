{{ config(materialized='table') }}
-- One day of sale x currency x vendor x horizon; a whole table, because maturity moves with the latest event.
with today as (
    select cast(max(occurred_at) as date) as today from {{ ref('stg_events') }}
),

cohorts as (
    select
        sold_date, currency, vendor, horizon_days,
        count(*) as cohort_sales,
        count(*) filter (where days_to_first_refund <= horizon_days) as refunded_sales
    from {{ ref('fct_orders') }}
    cross join (select unnest([7, 14, 30, 60, 90]) as horizon_days) as horizons
    where state != 'orphan'
    group by all
)

select
    sold_date, currency, vendor, horizon_days, cohort_sales,
    date_diff('day', sold_date, today) >= horizon_days as is_mature,
    case when is_mature then refunded_sales end as refunded_sales,
    case when is_mature then refunded_sales / cohort_sales end as refund_rate_cohort
from cohorts
cross join today
