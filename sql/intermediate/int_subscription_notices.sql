-- One notice of a subscription that counts: cancelled, uncancelled, changed, or a declined charge.
-- key: event_key, item_index
-- refresh by: body_id
-- explained by int_event_items: body_id
with event_items as (
    select * from int_event_items
    where event_type like 'subscription.%'
),

items as (
    select
        *,
        subscription_line(lines) as line,
        len(lines) > 0 as has_lines
    from stg_typed_items
    where event_type like 'subscription.%'
)

select
    event_items.event_key,
    cast(items.item_index as integer) as item_index,
    items.body_id,
    items.body_sha256,
    substr(items.event_type, 14) as event, -- the type without its first word
    items.occurred_at,
    report_date(items.occurred_at) as occurred_date,
    -- an event dated later than its receipt moves nobody's today
    report_date(
        case when is_of_a_set_clock(items.received_at) then least(items.occurred_at, items.received_at) else items.occurred_at end
    ) as known_date,
    items.receipt,
    items.root_receipt,
    items.vendor,
    items.account,
    items.told_by,
    split_part(items.plan_change, '->', 1) as old_item_no,
    substr(items.plan_change, length(split_part(items.plan_change, '->', 1)) + 3) as new_item_no,
    case when has_lines then items.line.item_no else items.product_item_no end as item_no,
    whole_number(case when has_lines then items.line.payments_processed else items.product_payments_processed end)
        as payments_processed,
    whole_number(case when has_lines then items.line.payments_remaining else items.product_payments_remaining end)
        as payments_remaining,
    report_date(instant(case when has_lines then items.line.next_payment_date else items.product_next_payment_date end))
        as next_payment_date,
    money(case when has_lines then items.line.rebill_amount else items.product_rebill_amount end) as rebill_amount
from event_items
inner join items on event_items.body_id = items.body_id and event_items.item_index = items.item_index
