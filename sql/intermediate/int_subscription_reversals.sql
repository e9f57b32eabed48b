-- One refund or chargeback that counts, with the root receipt of its payment; tax refunds are left out.
-- key: event_key, item_index
-- refresh by: receipt
with refunds as (
    select * from fct_refunds
    where is_counted and refund_type != 'TAX'
),

chargebacks as (
    select * from fct_chargebacks
    where is_counted
),

sales as (
    select * from int_sales
    where is_counted
),

items as (
    select * from stg_typed_items
    where event_type in ('refund.processed', 'chargeback.received')
),

reversals as (
    select
        event_key,
        item_index,
        body_id,
        'refunded' as event,
        vendor,
        receipt,
        payment,
        refunded_at as occurred_at,
        refund_amount as amount,
        currency,
        is_other_currency,
        refund_type,
        item_nos
    from refunds
    union all
    select
        event_key,
        item_index,
        body_id,
        'charged_back' as event,
        vendor,
        receipt,
        payment,
        charged_back_at as occurred_at,
        chargeback_amount as amount,
        currency,
        is_other_currency,
        null as refund_type,
        '[]' as item_nos
    from chargebacks
)

select
    reversals.event_key,
    reversals.item_index,
    reversals.event,
    reversals.vendor,
    reversals.receipt,
    reversals.payment,
    case when sales.is_rebill then sales.root_receipt else root_of(reversals.receipt) end as root_receipt,
    reversals.occurred_at,
    items.told_by,
    reversals.amount,
    reversals.currency,
    reversals.is_other_currency,
    -- all that was paid; a chargeback that is not known to be a part takes back all of it
    coalesce(
        case
            when reversals.event = 'refunded' then reversals.refund_type = 'FULL'
            when not reversals.is_other_currency
                then reversals.amount >= sales.gross_amount - cast(0.01 as decimal(18, 4))
        end,
        true
    ) as is_full,
    cast(json_extract_string(reversals.item_nos, '$[*]') as varchar[]) as item_nos -- the products that a refund names
from reversals
inner join items
    on
        reversals.receipt = items.receipt
        and reversals.body_id = items.body_id
        and reversals.item_index = items.item_index
left join sales
    on
        reversals.receipt = sales.receipt
        and reversals.vendor is not distinct from sales.vendor
        and reversals.payment = sales.payment
