MODEL (
  name peer.daily_sales,
  kind INCREMENTAL_BY_UNIQUE_KEY (unique_key (report_date, currency, vendor, coalesce(affiliate, '')))
);

with touched as (
  select sold_date as report_date from peer.fct_sales where changed_at between @start_dt and @end_dt
  union
  select refunded_date from peer.fct_refunds where changed_at between @start_dt and @end_dt
),

stacked as (
  select
    sold_date as report_date, currency, vendor, affiliate,
    count(*) filter (where is_counted and not is_rebill) as sale_count,
    count(*) filter (where is_counted and is_rebill) as rebill_count,
    sum(gross_amount) filter (where is_counted) as gross_sales,
    0 as refund_count,
    0 as refund_amount
  from peer.fct_sales
  where sold_date in (select report_date from touched)
  group by sold_date, currency, vendor, affiliate
  union all
  select
    refunded_date, currency, vendor, affiliate, 0, 0, 0, count(distinct receipt), sum(refund_amount)
  from peer.fct_refunds
  where refunded_date in (select report_date from touched)
  group by refunded_date, currency, vendor, affiliate
)

select
  report_date::date,
  currency::text,
  vendor::text,
  affiliate::text,
  sum(sale_count)::bigint as sale_count,
  sum(rebill_count)::bigint as rebill_count,
  coalesce(sum(gross_sales), 0)::decimal(18, 4) as gross_sales,
  sum(refund_count)::bigint as refund_count,
  sum(refund_amount)::decimal(18, 4) as refund_amount,
  (coalesce(sum(gross_sales), 0) - sum(refund_amount))::decimal(18, 4) as net_sales
from stacked
group by report_date, currency, vendor, affiliate
