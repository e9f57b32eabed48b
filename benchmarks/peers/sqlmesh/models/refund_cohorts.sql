MODEL (
  name peer.refund_cohorts,
  kind FULL
);

with today as (
  select cast(timezone('America/Los_Angeles', max(occurred_at)) as date) as today from peer.stg_events
),

cohorts as (
  select
    sold_date, currency, vendor, horizon_days,
    count(*) as cohort_sales,
    count(*) filter (where days_to_first_refund <= horizon_days) as refunded_sales
  from peer.fct_orders
  cross join (select unnest([7, 14, 30, 60, 90]) as horizon_days) as horizons
  where state != 'orphan'
  group by sold_date, currency, vendor, horizon_days
),

aged as (
  select cohorts.*, date_diff('day', sold_date, today) >= horizon_days as is_mature
  from cohorts
  cross join today
)

select
  sold_date::date,
  currency::text,
  vendor::text,
  horizon_days::int,
  cohort_sales::bigint,
  is_mature::boolean,
  (case when is_mature then refunded_sales end)::bigint as refunded_sales,
  (case when is_mature then refunded_sales / cohort_sales end)::double as refund_rate_cohort
from aged
