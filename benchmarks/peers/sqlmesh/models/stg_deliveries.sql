MODEL (
  name peer.stg_deliveries,
  kind INCREMENTAL_BY_UNIQUE_KEY (unique_key sequence)
);

with extracted as (
  select
    sequence,
    received_at,
    body_sha256,
    json_extract_string(
      body,
      [
        '$.id', '$.type', '$.created_at', '$.data.receipt', '$.data.transactionTime', '$.data.vendor',
        '$.data.affiliate', '$.data.role', '$.data.currency', '$.data.transactionType',
        '$.data.totalOrderAmount', '$.data.totalAccountAmount', '$.data.totalTaxAmount', '$.data.refundAmount'
      ]
    ) as field
  from raw.raw_events
  where received_at between @start_dt and @end_dt
)

select
  sequence,
  received_at,
  body_sha256,
  field[1]::text as event_id,
  field[2]::text as event_type,
  try_cast(field[3] as timestamptz) as created_at,
  upper(field[4])::text as receipt,
  strptime(field[5], '%Y%m%dT%H%M%S%z')::timestamptz as occurred_at,
  lower(field[6])::text as vendor,
  lower(field[7])::text as affiliate,
  upper(field[8])::text as role,
  upper(field[9])::text as currency,
  upper(field[10])::text as transaction_type,
  try_cast(coalesce(field[11], field[14]) as decimal(18, 4)) as amount,
  try_cast(field[12] as decimal(18, 4)) as account_amount,
  try_cast(field[13] as decimal(18, 4)) as tax_amount
from extracted
