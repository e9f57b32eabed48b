-- One refund or chargeback that counts, of a receipt that has several of its kind.
-- key: event_key, item_index
-- refresh by: receipt
with refunds as (
    select * from fct_refunds
    where is_counted and receipt_refund_count > 1
),

chargebacks as (
    select * from fct_chargebacks
    where is_counted and receipt_chargeback_count > 1
)

select
    event_key,
    item_index,
    'refund' as measure,
    receipt,
    payment,
    refunded_at as reversed_at,
    refunded_date as reversed_date,
    currency,
    vendor,
    affiliate
from refunds
union all
select
    event_key,
    item_index,
    'chargeback' as measure,
    receipt,
    payment,
    charged_back_at as reversed_at,
    charged_back_date as reversed_date,
    currency,
    vendor,
    affiliate
from chargebacks
