-- One receipt's life: the sale and what became of it.
-- key: receipt
-- stored by: sold_date
-- refresh by: receipt
-- placed by: receipt
-- lists places by: order_key
with sales as (
    select * from fct_sales
    where is_counted
),

refunds as (
    select
        receipt,
        sum(refund_amount) as refunded_amount,
        sum(case when refund_type = 'TAX' then 0 else refund_amount end) as price_refunded_amount,
        bool_or(refund_type = 'FULL') as has_full_refund,
        count(*) as refund_count,
        count(*) filter (where refund_type != 'TAX') as price_refund_count,
        min(refunded_at) as first_refunded_at,
        min(days_to_refund) filter (where not is_orphan) as days_to_first_refund
    from fct_refunds
    where is_counted
    group by receipt
),

chargebacks as (
    select
        receipt,
        sum(chargeback_amount) as charged_back_amount,
        count(*) as chargeback_count,
        count(*) filter (where not is_overturned) as standing_chargeback_count,
        min(charged_back_at) as first_charged_back_at
    from fct_chargebacks
    where is_counted
    group by receipt
),

-- The reversal that names an orphan: its earliest; of several at one instant the first by name, refunds first.
named as (
    select
        body_id,
        receipt,
        order_key,
        vendor,
        affiliate,
        currency
    from (
        select body_id, receipt, order_key, refunded_at as reversed_at, 1 as kind, vendor, affiliate, currency
        from fct_refunds
        where is_counted
        union all
        select body_id, receipt, order_key, charged_back_at, 2, vendor, affiliate, currency
        from fct_chargebacks
        where is_counted
    ) as counted
    qualify
        row_number() over (
            partition by receipt
            order by reversed_at, kind, vendor nulls last, affiliate nulls last, currency nulls last, body_id
        ) = 1
),

receipts as (
    select receipt from sales
    union
    select receipt from refunds
    union
    select receipt from chargebacks
),

joined as (
    select
        coalesce(sales.body_id, named.body_id) as body_id,
        receipts.receipt,
        coalesce(sales.order_key, named.order_key) as order_key,
        sales.event_key,
        sales.sold_at,
        sales.sold_date,
        case when sales.receipt is not null then sales.vendor else named.vendor end as vendor,
        case when sales.receipt is not null then sales.affiliate else named.affiliate end as affiliate,
        case when sales.receipt is not null then sales.currency else named.currency end as currency,
        sales.gross_amount,
        sales.is_rebill,
        cast(coalesce(refunds.refunded_amount, 0) as decimal(18, 4)) as refunded_amount,
        cast(coalesce(refunds.price_refunded_amount, 0) as decimal(18, 4)) as price_refunded_amount,
        coalesce(refunds.has_full_refund, false) as has_full_refund,
        cast(coalesce(chargebacks.charged_back_amount, 0) as decimal(18, 4)) as charged_back_amount,
        coalesce(refunds.refund_count, 0) as refund_count,
        coalesce(refunds.price_refund_count, 0) as price_refund_count,
        coalesce(chargebacks.chargeback_count, 0) as chargeback_count,
        coalesce(chargebacks.standing_chargeback_count, 0) as standing_chargeback_count,
        refunds.first_refunded_at,
        refunds.days_to_first_refund,
        chargebacks.first_charged_back_at,
        sales.receipt is null as is_orphan
    from receipts
    left join sales on receipts.receipt = sales.receipt
    left join named on receipts.receipt = named.receipt
    left join refunds on receipts.receipt = refunds.receipt
    left join chargebacks on receipts.receipt = chargebacks.receipt
)

select
    body_id,
    receipt, -- ClickBank receipt, upper case
    order_key, -- the session it belongs to
    event_key, -- the sale's event; NULL for an orphan
    sold_at, -- when the customer was charged; NULL for an orphan
    sold_date, -- the same in the report zone
    vendor, -- the sale's; an orphan's reversal's
    affiliate, -- the sale's; an orphan's reversal's
    currency, -- the sale's; an orphan's reversal's
    is_rebill, -- a recurring charge after the first; NULL for an orphan
    gross_amount, -- what the customer paid; NULL for an orphan
    refunded_amount, -- sum of its refunds
    charged_back_amount, -- sum of its chargebacks
    cast(coalesce(gross_amount, 0) - refunded_amount - charged_back_amount as decimal(18, 4)) as net_amount, -- gross - refunds - chargebacks; may be negative
    refund_count, -- refund events
    chargeback_count, -- disputes
    standing_chargeback_count, -- disputes that were not reversed or won later
    first_refunded_at, -- its first refund
    first_charged_back_at, -- its first chargeback
    days_to_first_refund, -- calendar days from the sale to its first refund; NULL without one
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
    refunded_amount + charged_back_amount > coalesce(gross_amount, 0) as is_over_reversed -- more went back than was paid
from joined
