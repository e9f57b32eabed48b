-- The moment the tables are as of: the latest mapped sale, refund or chargeback, never the wall clock. An event
-- dated later than every receipt does not move it further, and a receipt by a clock that was not set bounds nothing.
-- key: -
-- explained by fct_sales: where source.sold_at >= target.as_of_at
-- explained by fct_refunds: where source.refunded_at >= target.as_of_at
-- explained by fct_chargebacks: where source.charged_back_at >= target.as_of_at
-- explained by events: file explained/int_as_of_by_events.sql
with sales as (
    select max(sold_at) as latest_at from fct_sales
),

refunds as (
    select max(refunded_at) as latest_at from fct_refunds
),

chargebacks as (
    select max(charged_back_at) as latest_at from fct_chargebacks
),

latest as (
    select * from sales
    union all
    select * from refunds
    union all
    select * from chargebacks
),

received as (
    select max(last_received_at) as latest_at from events
    where
        status = 'mapped'
        and event_type in ('sale.created', 'refund.processed', 'chargeback.received')
        and is_of_a_set_clock(last_received_at)
)

select least(max(latest.latest_at), any_value(received.latest_at)) as as_of_at
from latest
cross join received
