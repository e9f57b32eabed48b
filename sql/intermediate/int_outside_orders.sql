-- One order whose net is not known, or one refund or chargeback of a receipt that several sellers have.
-- key: kind, receipt, vendor, event_key, item_index
-- refresh by: receipt
-- Such an order is left out of net sales by cohort; such a reversal is in the figures of no vendor and of no cohort.
with orders as (
    select * from fct_orders
    where net_amount is null
),

refunds as (
    select * from fct_refunds
    where is_counted and orphan_reason = 'ambiguous_receipt'
),

chargebacks as (
    select * from fct_chargebacks
    where is_counted and orphan_reason = 'ambiguous_receipt'
)

select
    'unknown_net' as kind,
    case when has_other_currency_reversal then 'reversal_in_other_currency' else 'payments_in_several_currencies' end
        as reason,
    'sale.created' as event_type,
    receipt,
    vendor,
    event_key,
    0 as item_index,
    currency,
    gross_amount as amount
from orders
union all
select
    'ambiguous_receipt' as kind,
    'several_sellers' as reason,
    'refund.processed' as event_type,
    receipt,
    vendor,
    event_key,
    item_index,
    currency,
    refund_amount as amount
from refunds
union all
select
    'ambiguous_receipt' as kind,
    'several_sellers' as reason,
    'chargeback.received' as event_type,
    receipt,
    vendor,
    event_key,
    item_index,
    currency,
    chargeback_amount as amount
from chargebacks
