-- One payment that counts, with its reversals; of a receipt whose sale is unknown the reversals alone.
-- key: receipt, vendor, payment
-- stored by: sold_date
-- refresh by: receipt
-- placed by: receipt
-- lists places by: order_key
with sales as (
    select
        *,
        -- a payment that leaves out its currency is added to the receipt's others
        coalesce(currency, min(currency) over (partition by receipt, vendor)) as receipt_currency
    from fct_sales
    where is_counted
),

counted_reversals as (
    select
        body_id,
        receipt,
        vendor,
        payment,
        order_key,
        affiliate,
        currency,
        refunded_at as reversed_at,
        refunded_date,
        is_orphan,
        refund_amount as amount,
        refund_type,
        true as is_refund,
        false as is_standing
    from fct_refunds
    where is_counted
    union all
    select
        body_id,
        receipt,
        vendor,
        payment,
        order_key,
        affiliate,
        currency,
        charged_back_at as reversed_at,
        null as refunded_date,
        is_orphan,
        chargeback_amount as amount,
        null as refund_type,
        false as is_refund,
        not is_overturned as is_standing
    from fct_chargebacks
    where is_counted
),

-- The reversal that names an orphan: its earliest; of several at one instant the first by name, refunds first.
numbered as (
    select
        *,
        row_number() over earliest as number,
        first_value(currency) over earliest as first_currency
    from counted_reversals
    window earliest as (
        partition by receipt, vendor, payment
        order by reversed_at, is_refund desc, affiliate nulls last, currency nulls last, body_id
    )
),

-- A sale without a seller stands next to the reversals that fit several sellers: its currency is theirs too.
sellers as (
    select
        receipt,
        vendor,
        min(receipt_currency) as currency
    from sales
    group by receipt, vendor
),

-- A reversal in another currency than the counted sale's is not added, whichever sale its role was told of.
reversals as (
    select
        numbered.*,
        coalesce(numbered.currency != coalesce(sales.receipt_currency, sellers.currency), false)
        or (
            numbered.is_orphan and sellers.receipt is null and numbered.currency is distinct from numbered.first_currency
        ) as is_apart
    from numbered
    left join sellers
        on numbered.receipt = sellers.receipt and numbered.vendor is not distinct from sellers.vendor
    left join sales
        on
            numbered.receipt = sales.receipt
            and numbered.vendor is not distinct from sales.vendor
            and numbered.payment = sales.payment
),

reversed as (
    select
        receipt,
        vendor,
        payment,
        max(body_id) filter (where number = 1) as body_id,
        max(order_key) filter (where number = 1) as order_key,
        max(affiliate) filter (where number = 1) as affiliate,
        max(currency) filter (where number = 1) as currency,
        sum(amount) filter (where is_refund and not is_apart) as refunded_amount,
        sum(amount) filter (where not is_apart and refund_type != 'TAX') as price_refunded_amount,
        bool_or(refund_type = 'FULL') as has_full_refund,
        count(*) filter (where is_refund) as refund_count,
        count(*) filter (where refund_type != 'TAX') as price_refund_count,
        min(reversed_at) filter (where is_refund) as first_refunded_at,
        min(refunded_date) as first_refunded_date,
        sum(amount) filter (where not is_refund and not is_apart) as charged_back_amount,
        count(*) filter (where not is_refund) as chargeback_count,
        count(*) filter (where is_standing) as standing_chargeback_count,
        min(reversed_at) filter (where not is_refund) as first_charged_back_at,
        bool_or(is_apart) as has_other_currency_reversal
    from reversals
    group by receipt, vendor, payment
),

joined as (
    select
        coalesce(sales.body_id, reversed.body_id) as body_id,
        coalesce(sales.receipt, reversed.receipt) as receipt,
        coalesce(sales.vendor, reversed.vendor) as vendor,
        sales.payment,
        coalesce(sales.order_key, reversed.order_key) as order_key,
        sales.event_key,
        sales.sold_at,
        sales.sold_date,
        case when sales.receipt is null then reversed.affiliate else sales.affiliate end as affiliate,
        case when sales.receipt is null then reversed.currency else sales.currency end as currency,
        sales.is_rebill,
        sales.gross_amount,
        cast(coalesce(reversed.refunded_amount, 0) as decimal(18, 4)) as refunded_amount,
        cast(coalesce(reversed.price_refunded_amount, 0) as decimal(18, 4)) as price_refunded_amount,
        coalesce(reversed.has_full_refund, false) as has_full_refund,
        coalesce(reversed.refund_count, 0) as refund_count,
        coalesce(reversed.price_refund_count, 0) as price_refund_count,
        reversed.first_refunded_at,
        -- from the counted sale, whose day is the cohort, whichever sale the refund's role was told of
        case
            when reversed.first_refunded_date is not null
                then date_diff('day', sales.sold_date, greatest(sales.sold_date, reversed.first_refunded_date))
        end as days_to_first_refund,
        cast(coalesce(reversed.charged_back_amount, 0) as decimal(18, 4)) as charged_back_amount,
        coalesce(reversed.chargeback_count, 0) as chargeback_count,
        coalesce(reversed.standing_chargeback_count, 0) as standing_chargeback_count,
        reversed.first_charged_back_at,
        coalesce(reversed.has_other_currency_reversal, false) as has_other_currency_reversal,
        sales.receipt is null as is_orphan
    from sales
    full join reversed
        on
            sales.receipt = reversed.receipt
            and sales.vendor is not distinct from reversed.vendor
            and sales.payment = reversed.payment
)

select
    body_id,
    receipt,
    vendor,
    payment, -- NULL for an orphan
    order_key,
    event_key,
    sold_at,
    sold_date,
    affiliate,
    currency,
    is_rebill,
    gross_amount,
    refunded_amount,
    price_refunded_amount,
    has_full_refund,
    refund_count,
    price_refund_count,
    first_refunded_at,
    days_to_first_refund,
    charged_back_amount,
    chargeback_count,
    standing_chargeback_count,
    first_charged_back_at,
    has_other_currency_reversal,
    is_orphan,
    case
        when not has_other_currency_reversal
            then cast(coalesce(gross_amount, 0) - refunded_amount - charged_back_amount as decimal(18, 4))
    end as net_amount -- NULL where amounts of two currencies would be set against each other
from joined
