-- One receipt's life: the sale and what became of it.
-- key: receipt
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
        min(refunded_at) as first_refunded_at,
        min_by(vendor, (refunded_at, event_key)) as vendor,
        min_by(affiliate, (refunded_at, event_key)) as affiliate,
        min_by(currency, (refunded_at, event_key)) as currency
    from fct_refunds
    where is_counted
    group by receipt
),

chargebacks as (
    select
        receipt,
        sum(chargeback_amount) as charged_back_amount,
        count(*) as chargeback_count,
        min(charged_back_at) as first_charged_back_at,
        min_by(vendor, (charged_back_at, event_key)) as vendor,
        min_by(affiliate, (charged_back_at, event_key)) as affiliate,
        min_by(currency, (charged_back_at, event_key)) as currency
    from fct_chargebacks
    where is_counted
    group by receipt
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
        receipts.receipt,
        coalesce(sales.order_key, root_sales.order_key, split_part(receipts.receipt, '-', 1)) as order_key,
        sales.event_key,
        sales.sold_at,
        sales.sold_date,
        case when sales.receipt is not null then sales.vendor else coalesce(refunds.vendor, chargebacks.vendor) end as vendor,
        case when sales.receipt is not null then sales.affiliate else coalesce(refunds.affiliate, chargebacks.affiliate) end
            as affiliate,
        coalesce(sales.currency, refunds.currency, chargebacks.currency) as currency,
        sales.gross_amount,
        sales.is_rebill,
        cast(coalesce(refunds.refunded_amount, 0) as decimal(18, 4)) as refunded_amount,
        cast(coalesce(refunds.price_refunded_amount, 0) as decimal(18, 4)) as price_refunded_amount,
        coalesce(refunds.has_full_refund, false) as has_full_refund,
        cast(coalesce(chargebacks.charged_back_amount, 0) as decimal(18, 4)) as charged_back_amount,
        coalesce(refunds.refund_count, 0) as refund_count,
        coalesce(chargebacks.chargeback_count, 0) as chargeback_count,
        refunds.first_refunded_at,
        chargebacks.first_charged_back_at,
        sales.receipt is null as is_orphan
    from receipts
    left join sales on receipts.receipt = sales.receipt
    left join sales as root_sales on split_part(receipts.receipt, '-', 1) = root_sales.receipt
    left join refunds on receipts.receipt = refunds.receipt
    left join chargebacks on receipts.receipt = chargebacks.receipt
)

select
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
    first_refunded_at, -- its first refund
    first_charged_back_at, -- its first chargeback
    case
        when is_orphan then 'orphan'
        when chargeback_count > 0 then 'charged_back'
        when has_full_refund or (refund_count > 0 and price_refunded_amount >= gross_amount - cast(0.01 as decimal(18, 4)) and price_refunded_amount > 0)
            then 'refunded'
        when refund_count > 0 then 'partially_refunded'
        else 'sold'
    end as state, -- sold, partially_refunded, refunded, charged_back or orphan
    refunded_amount + charged_back_amount > coalesce(gross_amount, 0) as is_over_reversed -- more went back than was paid
from joined
