-- One refund or chargeback that counts, with the day on which its receipt is reversed next, by either.
-- key: event_key, item_index
-- stored by: reversed_date
-- refresh by: receipt
-- A refund and a chargeback of one receipt are one reversed receipt to a window that holds both.
with refunds as (
    select * from fct_refunds
    where is_counted
),

chargebacks as (
    select * from fct_chargebacks
    where is_counted
),

reversals as (
    select
        event_key,
        item_index,
        receipt,
        payment,
        currency,
        vendor,
        refunded_date as reversed_date,
        refund_amount as amount
    from refunds
    union all
    select
        event_key,
        item_index,
        receipt,
        payment,
        currency,
        vendor,
        charged_back_date as reversed_date,
        chargeback_amount as amount
    from chargebacks
)

select
    event_key,
    item_index,
    receipt,
    payment,
    currency,
    vendor,
    reversed_date,
    lead(reversed_date) over (partition by receipt, payment, currency, vendor order by reversed_date, event_key, item_index)
        as next_reversed_date, -- NULL for the last
    amount
from reversals
