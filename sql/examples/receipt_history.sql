-- What happened to one receipt, event by event?
-- The receipt that was charged back last; put another in the first lines. `cbw explain` goes on to the deliveries.
with chosen as (
    select coalesce(
        (select arg_max(receipt, first_charged_back_at) from fct_orders),
        (select arg_max(receipt, sold_at) from fct_orders)
    ) as receipt
),

entries as (
    select
        sold_at as occurred_at,
        case when is_rebill then 'rebill' else 'sale' end as kind,
        receipt,
        vendor,
        role,
        currency,
        gross_amount as amount,
        event_key
    from fct_sales
    union all
    select
        refunded_at,
        lower(refund_type) || ' refund',
        receipt,
        vendor,
        role,
        currency,
        -refund_amount,
        event_key
    from fct_refunds
    union all
    select
        charged_back_at,
        'chargeback ' || status,
        receipt,
        vendor,
        role,
        currency,
        -chargeback_amount,
        event_key
    from fct_chargebacks
)

select
    strftime(entries.occurred_at, '%Y-%m-%d %H:%M') as occurred,
    entries.kind,
    entries.receipt,
    entries.vendor,
    entries.role,
    entries.currency,
    entries.amount,
    orders.state as "state now",
    events.delivery_count as deliveries,
    entries.event_key
from entries
inner join chosen on entries.receipt = chosen.receipt
inner join fct_orders as orders
    on entries.receipt = orders.receipt and entries.vendor is not distinct from orders.vendor
inner join events on entries.event_key = events.event_key
order by entries.occurred_at, entries.event_key
