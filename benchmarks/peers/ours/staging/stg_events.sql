-- One event: of its bodies, the latest.
-- key: event_key
-- stored by: delivery_id
-- refresh by: event_key
with deliveries as (
    select * from stg_deliveries
)

select
    delivery_id,
    event_key,
    event_type,
    receipt,
    occurred_at,
    vendor,
    affiliate,
    role,
    currency,
    transaction_type,
    amount,
    account_amount,
    tax_amount
from deliveries
qualify row_number() over (partition by event_key order by created_at desc, body_sha256 desc, delivery_id) = 1
