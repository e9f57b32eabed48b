-- One event in the life of a subscription: started, paid, payment_failed, cancelled, uncancelled, changed, completed, refunded or
-- charged_back.
-- key: root_receipt, event_key, item_index, event
-- stored by: occurred_date
-- refresh by: root_receipt
-- A subscription is a seller's root receipt with the item of its first recurring line. A sale that starts one is two events,
-- started and paid. ClickBank tells no completion: it is inferred from the payments that a plan has left.
with payments as (
    select * from int_subscription_payments
),

reversals as (
    select * from int_subscription_reversals
),

notices as (
    select * from int_subscription_notices
),

subscriptions as (
    select
        root_receipt,
        vendor,
        any_value(subscription_item_no) as subscription_item_no,
        any_value(subscription_currency) as subscription_currency,
        list(distinct item_no) as item_nos,
        count(*) over (partition by root_receipt) as seller_count
    from payments
    group by root_receipt, vendor
),

sales as (
    select
        * exclude (item_no, sold_at, sold_date, gross_amount),
        sold_at as occurred_at,
        gross_amount as amount,
        coalesce(
            case when rebill_amount > 0 then rebill_amount end, case when line_amount > 0 and not is_free then line_amount end
        ) as price_amount,
        unnest(
            list_filter(
                ['started', 'paid', 'completed'],
                lambda e: case e when 'started' then not is_rebill when 'completed' then is_last else true end
            )
        ) as event
    from payments
),

-- A refund that names other items takes back nothing of the subscription; one that names its item, and at least its price,
-- takes back all of it.
taken_back as (
    select
        reversals.* exclude (item_nos),
        subscriptions.subscription_item_no,
        subscriptions.subscription_currency,
        payments.payment_number,
        reversals.is_full
        or coalesce(
            len(reversals.item_nos) > 0 and payments.line_amount > 0
            and reversals.amount >= payments.line_amount - cast(0.01 as decimal(18, 4)) and not reversals.is_other_currency,
            false
        ) as is_ending
    from reversals
    inner join subscriptions
        on
            reversals.root_receipt = subscriptions.root_receipt
            and reversals.vendor is not distinct from subscriptions.vendor
            and (len(reversals.item_nos) = 0 or list_has_any(reversals.item_nos, subscriptions.item_nos))
    left join payments
        on
            reversals.root_receipt = payments.root_receipt
            and reversals.vendor is not distinct from payments.vendor
            and reversals.receipt = payments.receipt
            and reversals.payment = payments.payment
),

-- A notice without a seller is of the only seller of its receipt.
noticed as (
    select
        notices.* exclude (vendor, item_no, rebill_amount),
        case when notices.rebill_amount > 0 then notices.rebill_amount end as price_amount,
        case
            when notices.vendor is not null then notices.vendor
            when only_sellers.root_receipt is not null then only_sellers.vendor
            else notices.account
        end as vendor,
        notices.item_no as told_item_no
    from notices
    left join subscriptions as only_sellers
        on notices.root_receipt = only_sellers.root_receipt and only_sellers.seller_count = 1
),

known as (
    select
        noticed.*,
        subscriptions.subscription_currency,
        case when subscriptions.root_receipt is null then noticed.told_item_no else subscriptions.subscription_item_no end
            as subscription_item_no,
        subscriptions.root_receipt is null as is_orphan
    from noticed
    left join subscriptions
        on
            noticed.root_receipt = subscriptions.root_receipt
            and noticed.vendor is not distinct from subscriptions.vendor
),

life as (
    select * from sales
    union all by name
    select * from taken_back
    union all by name
    select * from known
)

select
    event_key, -- joins to events.event_key
    item_index, -- place in a fanned-out event; 0 otherwise
    event, -- started, paid, payment_failed, cancelled, uncancelled, changed, completed, refunded or charged_back
    vendor, -- the seller
    root_receipt, -- the receipt of the subscription's first payment; joins to fct_subscriptions on vendor and root_receipt
    receipt, -- as told: a rebill has a suffix such as -B002
    subscription_item_no as item_no, -- product of the subscription's first recurring line, whatever it was changed to
    occurred_at, -- when it happened
    report_date(occurred_at) as occurred_date, -- the same in the report zone
    told_by as source, -- who told it: command_center, ins, orders, report or subscriptions
    event = 'completed' as is_inferred, -- no source tells it in so many words
    payment_number, -- of a payment or its reversal: 1 for the first; as told, else by its place
    cast(amount as decimal(18, 4)) as amount, -- of a payment or its reversal, positive
    coalesce(currency, subscription_currency) as currency, -- ISO 4217; that of the subscription where a notice names none
    subscription_currency, -- of the subscription's first payment that names one
    coalesce(is_free, false) as is_free, -- a payment of nothing, which begins a trial
    coalesce(is_ending, false) as is_ending, -- a refund or chargeback of all that was paid for it, which ends the subscription
    old_item_no, -- of a change of plan
    new_item_no, -- of a change of plan
    payments_planned, -- payments of the whole plan, as known by then; NULL where the plan has no end, or is not known
    told_due_date(next_payment_date, told_by, report_date(occurred_at)) as next_payment_date, -- when the next payment is due, as told
    cast(price_amount as decimal(18, 4)) as price_amount, -- the recurring price without tax that it tells: of the next payment, else of the line
    coalesce(is_orphan, false) as is_orphan -- a notice of a receipt whose sale has not arrived (yet)
from life
