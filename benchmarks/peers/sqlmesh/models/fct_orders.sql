MODEL (
  name peer.fct_orders,
  kind INCREMENTAL_BY_UNIQUE_KEY (unique_key receipt)
);

with touched as (
  select receipt from peer.fct_sales where changed_at between @start_dt and @end_dt
  union
  select receipt from peer.fct_refunds where changed_at between @start_dt and @end_dt
),

sales as (
  select * from peer.fct_sales
  where is_counted and receipt in (select receipt from touched)
),

refunds as (
  select
    receipt,
    sum(refund_amount) as refunded_amount,
    count(*) as refund_count,
    min(days_to_refund) as days_to_first_refund,
    max(changed_at) as changed_at
  from peer.fct_refunds
  where receipt in (select receipt from touched)
  group by receipt
)

select
  coalesce(sales.receipt, refunds.receipt)::text as receipt,
  sales.sold_date::date,
  sales.vendor::text,
  sales.currency::text,
  sales.is_rebill::boolean,
  sales.gross_amount::decimal(18, 4),
  coalesce(refunds.refunded_amount, 0)::decimal(18, 4) as refunded_amount,
  (coalesce(sales.gross_amount, 0) - coalesce(refunds.refunded_amount, 0))::decimal(18, 4) as net_amount,
  coalesce(refunds.refund_count, 0)::bigint as refund_count,
  refunds.days_to_first_refund::bigint,
  (case
    when sales.receipt is null then 'orphan'
    when refunds.refunded_amount >= sales.gross_amount - 0.01 then 'refunded'
    when refunds.refund_count > 0 then 'partially_refunded'
    else 'sold'
  end)::text as state,
  greatest(coalesce(sales.changed_at, refunds.changed_at), coalesce(refunds.changed_at, sales.changed_at))::timestamptz
    as changed_at
from sales
full outer join refunds on sales.receipt = refunds.receipt
