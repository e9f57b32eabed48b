-- One delivery with the fields that the models below read; each body is parsed once.
-- key: delivery_id
-- refresh by: delivery_id
-- from raw_events: sequence as delivery_id
with documents as (
    select
        sequence,
        body_sha256,
        coalesce(document, decode(body)) as document
    from raw_events
    where verdict is null
),

extracted as (
    select
        sequence,
        body_sha256,
        json_extract_string(
            document,
            [
                '$.id', '$.type', '$.created_at', '$.data.receipt', '$.data.transactionTime', '$.data.vendor',
                '$.data.affiliate', '$.data.role', '$.data.currency', '$.data.transactionType',
                '$.data.totalOrderAmount', '$.data.totalAccountAmount', '$.data.totalTaxAmount', '$.data.refundAmount'
            ]
        ) as field
    from documents
)

select
    sequence as delivery_id,
    body_sha256,
    field[1] as event_key,
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
