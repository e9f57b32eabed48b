-- One refund event, on its own date; a partial refund and its remainder are two.
-- key: event_key, item_index
-- stored by: refunded_date
-- refresh by: receipt
-- placed by: receipt, event_key
-- explained by int_reversals: receipt where source.event_type = 'refund.processed'
with reversals as (
    select * from int_reversals
),

refunds as (
    select
        *,
        -- several roles report one refund under one id; if any refund of the receipt has no id, on one day
        case
            when bool_or(refund_id is null) over (partition by receipt, vendor) then cast(reversed_date as varchar)
            else refund_id
        end as told_as
    from reversals
    where event_type = 'refund.processed'
),

numbered as (
    select
        *,
        row_number() over (
            partition by receipt, vendor, told_as, role
            order by reversed_at, amount, cast(to_json(item_nos) as varchar), body_sha256, item_index
        ) as number_in_role
    from refunds
),

-- FULL or PARTIAL by the sum refunded so far, where the sender does not say.
cumulated as (
    select
        *,
        sum(case when refund_type = 'TAX' or is_other_currency then 0 else amount end) over (
            partition by receipt, vendor, payment, role
            order by reversed_at, body_sha256, item_index
            rows between unbounded preceding and current row
        ) as refunded_so_far,
        min(role_preference) over same_refund = role_preference as is_counted,
        first_value(fee_amount ignore nulls) over (
            same_refund order by role_preference rows between unbounded preceding and unbounded following
        ) as known_fee_amount,
        reversed_account(
            account_amount, is_taking_back, case when refund_type = 'TAX' then 0 else amount end, sale_gross_amount,
            sale_account_amount
        ) as reversed_account_amount
    from numbered
    window same_refund as (partition by receipt, vendor, told_as, number_in_role)
)

select
    body_id,
    event_key, -- joins to events.event_key
    item_index, -- place in a fanned-out event; 0 otherwise
    receipt, -- the receipt refunded; joins to fct_orders on vendor and receipt
    payment, -- which payment of the receipt, as in fct_sales; NULL for an orphan
    root_order_key as order_key, -- the session it belongs to, as far as the root receipt's sale knows it
    reversed_at as refunded_at, -- when the refund was made
    reversed_date as refunded_date, -- the same in the report zone
    amount as refund_amount, -- positive
    account_amount, -- this account's share, as sent
    reversed_account_amount, -- amount taken back from the account, positive: as sent, else the sale's account_amount in proportion to the gross; NULL where not known
    account_amount is null and reversed_account_amount is not null as is_account_amount_estimated, -- reversed_account_amount was worked out, not sent
    currency, -- as sent, else the sale's
    is_other_currency, -- the sale was made in another one: it is never subtracted from that
    vendor, -- the seller: as sent, else the sale's
    affiliate, -- the sale's; of an orphan as sent
    told_vendor, -- as sent
    told_affiliate, -- as sent
    role, -- whose view this is
    case
        when refund_type is not null then refund_type
        when sale_gross_amount is null then 'FULL'
        when is_other_currency then 'PARTIAL' -- two currencies are never compared
        when refunded_so_far >= sale_gross_amount - cast(0.01 as decimal(18, 4)) then 'FULL'
        else 'PARTIAL'
    end as refund_type, -- FULL, PARTIAL or TAX; derived from the amounts when not said
    refund_id, -- the sender's name for the refund
    reason_text as refund_reason, -- why, as sent
    case when is_counted then known_fee_amount else fee_amount end as fee_amount, -- the fee charged, when said
    sold_date, -- when the sale was made; NULL while unknown
    case when sold_date is not null then greatest(date_diff('day', sold_date, reversed_date), 0) end
        as days_to_refund, -- calendar days in the report zone, never below 0
    is_orphan, -- its own sale has not arrived (yet)
    orphan_reason, -- unknown_sale, or ambiguous_receipt where several sellers have the receipt and it names none; NULL when linked
    is_counted, -- customer-level measures count this row: of several roles' rows of a refund the preferred one's
    count(*) filter (where is_counted) over (partition by receipt, vendor, payment) as receipt_refund_count, -- refunds of the payment that count
    case
        when is_counted
            then lead(reversed_date) over (
                partition by receipt, currency, vendor, payment, is_counted order by reversed_date, event_key, item_index
            )
    end as next_refunded_date, -- the payment's next refund, so that a window counts the payment once; NULL for the last
    coalesce(is_amount_ambiguous, false) as is_amount_ambiguous, -- only one amount was sent and it equals the sale's
    cast(to_json(item_nos) as varchar) as item_nos, -- products it names, as a JSON array; [] when none
    sources, -- who told it, sorted and comma-separated: command_center, ins, orders, report
    told_count -- how often it was told, by all sources; attempts, repeats and corrections of one event counted once
from cumulated
