MODEL (
  name peer.fct_refunds,
  kind INCREMENTAL_BY_UNIQUE_KEY (unique_key event_id)
);

with touched as (
  select receipt from peer.stg_events
  where event_type = 'refund.processed' and changed_at between @start_dt and @end_dt
  union
  select receipt from peer.fct_sales where changed_at between @start_dt and @end_dt
),

joined as (
  select
    r.event_id,
    r.receipt,
    r.occurred_at as refunded_at,
    cast(timezone('America/Los_Angeles', r.occurred_at) as date) as refunded_date,
    r.amount as refund_amount,
    r.currency,
    r.vendor,
    r.affiliate,
    s.sold_date,
    s.receipt is null as is_orphan,
    greatest(r.changed_at, coalesce(s.changed_at, r.changed_at)) as changed_at
  from peer.stg_events as r
  left join peer.fct_sales as s on r.receipt = s.receipt and s.is_counted
  where r.event_type = 'refund.processed' and r.receipt in (select receipt from touched)
)

select
  event_id::text,
  receipt::text,
  refunded_at::timestamptz,
  refunded_date::date,
  refund_amount::decimal(18, 4),
  currency::text,
  vendor::text,
  affiliate::text,
  sold_date::date,
  is_orphan::boolean,
  changed_at::timestamptz,
  (case when sold_date is not null then greatest(date_diff('day', sold_date, refunded_date), 0) end)::bigint
    as days_to_refund
from joined
