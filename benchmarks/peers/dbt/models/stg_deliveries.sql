{{ config(incremental_strategy='append') }}
-- One delivery with the fields that the models below read; each body is parsed once.
with extracted as (
    select
        sequence,
        body_sha256,
        json_extract_string(
            body,
            [
                '$.id', '$.type', '$.created_at', '$.data.receipt', '$.data.transactionTime', '$.data.vendor',
                '$.data.affiliate', '$.data.role', '$.data.currency', '$.data.transactionType',
                '$.data.totalOrderAmount', '$.data.totalAccountAmount', '$.data.totalTaxAmount', '$.data.refundAmount'
            ]
        ) as field
    from {{ source('raw', 'raw_events') }}
    {% if is_incremental() %}
    where sequence > (select max(sequence) from {{ this }})
    {% endif %}
)

select
    sequence,
    body_sha256,
    field[1] as event_id,
    field[2] as event_type,
    try_cast(field[3] as timestamptz) as created_at,
    upper(field[4]) as receipt,
    strptime(field[5], '%Y%m%dT%H%M%S%z') as occurred_at,
    lower(field[6]) as vendor,
    lower(field[7]) as affiliate,
    upper(field[8]) as role,
    upper(field[9]) as currency,
    upper(field[10]) as transaction_type,
    try_cast(coalesce(field[11], field[14]) as decimal(18, 4)) as amount,
    try_cast(field[12] as decimal(18, 4)) as account_amount,
    try_cast(field[13] as decimal(18, 4)) as tax_amount
from extracted
