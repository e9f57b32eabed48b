MODEL (
  name peer.fct_sales,
  kind INCREMENTAL_BY_UNIQUE_KEY (unique_key event_id)
);

select
  event_id::text,
  receipt::text,
  occurred_at::timestamptz as sold_at,
  cast(timezone('America/Los_Angeles', occurred_at) as date) as sold_date,
  vendor::text,
  affiliate::text,
  role::text,
  transaction_type::text,
  contains(receipt, '-B')::boolean as is_rebill,
  currency::text,
  amount::decimal(18, 4) as gross_amount,
  account_amount::decimal(18, 4),
  tax_amount::decimal(18, 4),
  (row_number() over (
    partition by receipt order by case role when 'VENDOR' then 1 when 'AFFILIATE' then 2 else 3 end, occurred_at
  ) = 1)::boolean as is_counted,
  (max(changed_at) over (partition by receipt))::timestamptz as changed_at
from peer.stg_events
where
  event_type = 'sale.created'
  and receipt in (
    select receipt from peer.stg_events
    where event_type = 'sale.created' and changed_at between @start_dt and @end_dt
  )
