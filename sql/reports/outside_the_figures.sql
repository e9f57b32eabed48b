-- One reason x event type x currency: how much stands outside the figures, and how much money that is.
-- key: kind, reason, event_type, currency
-- explained by int_outside_events: kind, reason, event_type, currency
-- explained by int_outside_orders: kind, reason, event_type, currency
-- Quarantined and unhandled events are in no figure at all. An order without a known net is missing from net sales by
-- cohort alone; a reversal whose receipt several sellers have is in daily sums, and in the figures of no vendor and cohort.
with outside_events as (
    select * from int_outside_events
),

outside_orders as (
    select * from int_outside_orders
),

everything as (
    select
        kind,
        reason,
        event_type,
        currency,
        amount
    from outside_events
    union all
    select
        kind,
        reason,
        event_type,
        currency,
        amount
    from outside_orders
)

select
    kind, -- quarantined, unhandled, unknown_net (an order) or ambiguous_receipt (a refund or chargeback)
    reason, -- why: the first reason of a quarantined event; of an unhandled one the field and value that say it, or its event type
    event_type, -- as sent; NULL when the body is not JSON or says no type
    currency, -- ISO 4217; NULL where none was said
    count(*) as event_count, -- events; orders where the kind is unknown_net
    cast(sum(abs(amount)) as decimal(18, 4)) as known_amount, -- money that they tell, whatever its sign; of an order its gross; NULL where none of it is known
    count(*) - count(amount) as unknown_amount_count -- those among them whose money is not known
from everything
group by kind, reason, event_type, currency
