-- One seller's receipt: its payments and their refunds and chargebacks.
-- key: receipt, vendor
-- stored by: sold_date
-- refresh by: receipt
-- placed by: receipt
with payments as (
    select * from int_payments
),

-- The sale names the order; of a receipt of rebills alone the first of them.
numbered as (
    select
        *,
        row_number() over (
            partition by receipt, vendor order by is_rebill, sold_at, payment
        ) as number
    from payments
),

orders as (
    select
        receipt,
        vendor,
        max(body_id) filter (where number = 1) as body_id,
        max(order_key) filter (where number = 1) as order_key,
        max(event_key) filter (where number = 1) as event_key,
        max(sold_at) filter (where number = 1) as sold_at,
        max(sold_date) filter (where number = 1) as sold_date,
        max(affiliate) filter (where number = 1) as affiliate,
        max(currency) filter (where number = 1) as currency,
        bool_and(is_rebill) as is_rebill,
        count(*) filter (where not is_orphan) as payment_count,
        coalesce(min(currency) filter (where not is_orphan) = max(currency) filter (where not is_orphan), true) as has_one_currency,
        sum(gross_amount) as gross_amount,
        sum(refunded_amount) as refunded_amount,
        sum(price_refunded_amount) as price_refunded_amount,
        bool_and(has_full_refund) as has_full_refund,
        sum(charged_back_amount) as charged_back_amount,
        sum(refund_count) as refund_count,
        sum(price_refund_count) as price_refund_count,
        sum(chargeback_count) as chargeback_count,
        sum(standing_chargeback_count) as standing_chargeback_count,
        min(first_refunded_at) as first_refunded_at,
        min(days_to_first_refund) as days_to_first_refund,
        min(first_charged_back_at) as first_charged_back_at,
        bool_or(has_other_currency_reversal) as has_other_currency_reversal,
        bool_and(is_orphan) as is_orphan
    from numbered
    group by receipt, vendor
),

-- Amounts of two currencies are never added.
summed as (
    select
        * exclude (gross_amount, refunded_amount, price_refunded_amount, charged_back_amount),
        case when has_one_currency then cast(gross_amount as decimal(18, 4)) end as gross_amount,
        case when has_one_currency then cast(refunded_amount as decimal(18, 4)) end as refunded_amount,
        case when has_one_currency then cast(price_refunded_amount as decimal(18, 4)) end as price_refunded_amount,
        case when has_one_currency then cast(charged_back_amount as decimal(18, 4)) end as charged_back_amount
    from orders
)

select
    body_id,
    receipt, -- ClickBank receipt, upper case; unique per vendor
    order_key, -- the session it belongs to
    event_key, -- the sale's event; NULL for an orphan
    sold_at, -- when the customer was first charged; NULL for an orphan
    sold_date, -- the same in the report zone
    vendor, -- the seller
    affiliate, -- the sale's; an orphan's reversal's
    currency, -- the sale's; an orphan's reversal's
    is_rebill, -- recurring charges after the first alone; NULL for an orphan
    cast(payment_count as bigint) as payment_count, -- the sale and rebills with its receipt; 0 for an orphan
    gross_amount, -- amount the customer paid, all payments together; NULL for an orphan and where they were in several currencies
    refunded_amount, -- sum of its refunds in the sale's currency
    charged_back_amount, -- sum of its chargebacks in the sale's currency
    case
        when has_one_currency and not has_other_currency_reversal
            then cast(coalesce(gross_amount, 0) - refunded_amount - charged_back_amount as decimal(18, 4))
    end as net_amount, -- gross - refunds - chargebacks; may be negative; NULL where some were in another currency
    has_other_currency_reversal, -- some refund or chargeback was in another currency than the sale
    cast(refund_count as bigint) as refund_count, -- refund events
    cast(chargeback_count as bigint) as chargeback_count, -- disputes
    cast(standing_chargeback_count as bigint) as standing_chargeback_count, -- disputes that were not reversed or won later
    first_refunded_at, -- its first refund
    first_charged_back_at, -- its first chargeback
    days_to_first_refund, -- calendar days from the payment to its first refund; NULL without one
    case
        when is_orphan then 'orphan'
        when chargeback_count > 0 then 'charged_back'
        when
            has_full_refund
            or (price_refund_count > 0 and price_refunded_amount >= gross_amount - cast(0.01 as decimal(18, 4)))
            then 'refunded'
        when refund_count > 0 then 'partially_refunded'
        else 'sold'
    end as state, -- sold, partially_refunded, refunded, charged_back or orphan
    has_one_currency and refunded_amount + charged_back_amount > coalesce(gross_amount, 0) as is_over_reversed -- more went back than was paid
from summed
