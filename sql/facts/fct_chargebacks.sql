-- One chargeback event, on its own date; each stage of a dispute is an event of its own.
-- key: event_key, item_index
-- stored by: charged_back_date
-- refresh by: receipt
-- placed by: receipt, event_key
-- explained by int_reversals: receipt where source.event_type = 'chargeback.received'
with reversals as (
    select * from int_reversals
),

chargebacks as (
    select * from reversals
    where event_type = 'chargeback.received'
),

staged as (
    select
        *,
        row_number() over (
            partition by receipt, role, coalesce(chargeback_id, event_key || '#' || item_index)
            order by reversed_at, body_sha256, item_index
        ) as stage,
        bool_or(coalesce(chargeback_status in ('reversed', 'won'), false)) over (
            partition by receipt, role, coalesce(chargeback_id, event_key || '#' || item_index)
        ) as is_overturned,
        min(role_preference) over (partition by receipt) = role_preference as is_preferred
    from chargebacks
),

judged as (
    select
        *,
        is_preferred and stage = 1 as is_counted
    from staged
)

select
    body_id,
    event_key, -- joins to events.event_key
    item_index, -- place in a fanned-out event; 0 otherwise
    receipt, -- the receipt disputed; joins to fct_orders.receipt
    root_order_key as order_key, -- the session it belongs to, as far as the root receipt's sale knows it
    reversed_at as charged_back_at, -- when it was received
    reversed_date as charged_back_date, -- the same in the report zone
    amount as chargeback_amount, -- positive
    account_amount, -- this account's share, as sent
    reversed_account_amount, -- what was taken back of the account, positive: as sent, else the sale's account_amount in proportion to the gross; NULL where not known
    account_amount is null and reversed_account_amount is not null as is_account_amount_estimated, -- reversed_account_amount was worked out, not sent
    currency, -- as sent, else the sale's
    vendor, -- as sent, else the sale's
    affiliate, -- as sent, else the sale's
    role, -- whose view this is
    kind, -- card, or echeck (INSF)
    chargeback_status as status, -- received, reversed, won or lost; information, never subtracted
    chargeback_id, -- the sender's name for the dispute
    cast(stage as integer) as stage, -- 1 for the dispute itself, 2 and more for later news of it
    is_overturned, -- some news of the dispute says reversed or won; it counts all the same, but in net rates
    fee_amount, -- the fee charged, when said
    reason_code, -- as sent
    card_network, -- as sent
    sold_date, -- when the sale was made; NULL while unknown
    case when sold_date is not null then greatest(date_diff('day', sold_date, reversed_date), 0) end
        as days_to_chargeback, -- calendar days in the report zone, never below 0
    is_orphan, -- its own sale has not arrived (yet)
    is_counted, -- customer-level measures count this row: preferred role, first stage
    count(*) filter (where is_counted) over (partition by receipt) as receipt_chargeback_count, -- disputes of the receipt that count
    case
        when is_counted
            then lead(reversed_date) over (
                partition by receipt, currency, vendor, is_counted order by reversed_date, event_key, item_index
            )
    end as next_charged_back_date, -- the receipt's next dispute, so that a window counts the receipt once; NULL for the last
    case
        when is_counted and not is_overturned
            then lead(reversed_date) over (
                partition by receipt, currency, vendor, is_counted and not is_overturned
                order by reversed_date, event_key, item_index
            )
    end as next_standing_date -- the same among disputes that were not reversed or won
from judged
