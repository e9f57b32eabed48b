-- One notice of a chargeback, on its own date; the first notice of a dispute with an amount stands for it.
-- key: event_key, item_index
-- stored by: charged_back_date
-- refresh by: receipt
-- placed by: receipt, event_key
-- explained by int_reversals: receipt where source.event_type = 'chargeback.received'
with reversals as (
    select * from int_reversals
    where event_type = 'chargeback.received'
),

disputes as (
    select * from int_disputes
),

notices as (
    select
        reversals.*,
        disputes.dispute,
        coalesce(reversals.amount > 0, false) as has_amount
    from reversals
    inner join disputes on reversals.event_key = disputes.event_key and reversals.item_index = disputes.item_index
),

staged as (
    select
        *,
        row_number() over (same_view order by reversed_at, body_sha256, item_index) as stage,
        bool_or(chargeback_status in ('reversed', 'won')) over same_dispute as is_overturned,
        has_amount and row_number() over (same_view order by has_amount desc, reversed_at, body_sha256, item_index) = 1
            as is_booked,
        has_amount
        and row_number() over (
            same_dispute order by has_amount desc, role_preference, reversed_at, body_sha256, item_index
        ) = 1 as is_counted,
        -- the latest news of the amount, of the account's share and of the fee
        first_value(amount) over latest_amount as latest_amount,
        first_value(currency) over latest_amount as latest_currency,
        first_value(is_other_currency) over latest_amount as is_latest_other_currency,
        first_value(account_amount ignore nulls) over (
            same_view order by reversed_at desc, body_sha256 desc, item_index
            rows between unbounded preceding and unbounded following
        ) as latest_account_amount,
        first_value(fee_amount ignore nulls) over (
            same_dispute order by role_preference, reversed_at desc, body_sha256 desc, item_index
            rows between unbounded preceding and unbounded following
        ) as latest_fee_amount
    from notices
    window
        same_dispute as (partition by receipt, vendor, dispute),
        same_view as (partition by receipt, vendor, dispute, role),
        latest_amount as (same_view order by has_amount desc, reversed_at desc, body_sha256 desc, item_index)
),

valued as (
    select
        * exclude (amount, currency, is_other_currency),
        amount as told_amount,
        currency as told_currency,
        case when is_booked then latest_amount else amount end as amount,
        case when is_booked then latest_currency else currency end as currency,
        case when is_booked then is_latest_other_currency else is_other_currency end as is_other_currency,
        case when is_booked then latest_account_amount else account_amount end as known_account_amount
    from staged
),

judged as (
    select
        *,
        reversed_account(known_account_amount, is_taking_back, amount, sale_gross_amount, sale_account_amount)
            as reversed_account_amount
    from valued
)

select
    body_id,
    event_key, -- joins to events.event_key
    item_index, -- place in a fanned-out event; 0 otherwise
    receipt, -- the receipt disputed; joins to fct_orders on vendor and receipt
    payment, -- which payment of the receipt, as in fct_sales; NULL for an orphan
    root_order_key as order_key, -- the session it belongs to, as far as the root receipt's sale knows it
    reversed_at as charged_back_at, -- when it was received
    reversed_date as charged_back_date, -- the same in the report zone
    amount as chargeback_amount, -- positive; the dispute's latest amount where is_booked, else as sent
    told_amount, -- as sent
    told_currency, -- that of told_amount: as sent, else the sale's
    account_amount, -- this account's share, as sent
    reversed_account_amount, -- amount taken back from the account, positive: as sent, else the sale's account_amount in proportion to the gross; NULL where not known
    known_account_amount is null and reversed_account_amount is not null as is_account_amount_estimated, -- reversed_account_amount was worked out, not sent
    currency, -- that of chargeback_amount: as sent, else the sale's
    is_other_currency, -- the sale was made in another one: it is never subtracted from that
    vendor, -- the seller: as sent, else the sale's
    affiliate, -- the sale's; of an orphan as sent
    told_vendor, -- as sent
    told_affiliate, -- as sent
    role, -- whose view this is
    kind, -- card, or echeck (INSF)
    chargeback_status as status, -- received, reversed, won or lost; information, never subtracted
    chargeback_id, -- the sender's name for the dispute
    dispute, -- equal in all notices of one dispute, within vendor and receipt
    cast(stage as integer) as stage, -- 1 for the first notice of the dispute in this role, 2 and more for later news of it
    is_overturned, -- some news of the dispute says reversed or won; it counts all the same, but in net rates
    case when is_booked then latest_fee_amount else fee_amount end as fee_amount, -- the fee charged; the dispute's latest fee where is_booked
    reason_code, -- as sent
    card_network, -- as sent
    sold_date, -- when the sale was made; NULL while unknown
    case when sold_date is not null then greatest(date_diff('day', sold_date, reversed_date), 0) end
        as days_to_chargeback, -- calendar days in the report zone, never below 0
    is_orphan, -- its own sale has not arrived (yet)
    orphan_reason, -- unknown_sale, or ambiguous_receipt where several sellers have the receipt and it names none; NULL when linked
    is_booked, -- earnings count this row: the first notice of the dispute with an amount, in each role
    is_counted, -- customer-level measures count this row: the booked row of the preferred role
    count(*) filter (where is_counted) over (partition by receipt, vendor, payment) as receipt_chargeback_count, -- disputes of the payment that count
    case
        when is_counted
            then lead(reversed_date) over (
                partition by receipt, currency, vendor, payment, is_counted order by reversed_date, event_key, item_index
            )
    end as next_charged_back_date, -- the payment's next dispute, so that a window counts the payment once; NULL for the last
    case
        when is_counted and not is_overturned
            then lead(reversed_date) over (
                partition by receipt, currency, vendor, payment, is_counted and not is_overturned
                order by reversed_date, event_key, item_index
            )
    end as next_standing_date, -- the same among disputes that were not reversed or won
    sources, -- who told it, sorted and comma-separated: command_center, ins, orders, report
    told_count -- how often it was told, by all sources; attempts, repeats and corrections of one event counted once
from judged
