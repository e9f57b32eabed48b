-- One refund or chargeback item that counts, with the sale of its own receipt.
-- key: event_key, item_index
-- stored by: reversed_date
-- refresh by: receipt
-- placed by: receipt
-- explained by int_event_items: receipt where source.event_type in ('refund.processed', 'chargeback.received')
-- explained by int_sales: receipt
with event_items as (
    select * from int_event_items
    where event_type in ('refund.processed', 'chargeback.received')
),

items as (
    select * from stg_typed_items
),

sales as (
    select * from int_sales
),

parts as (
    select * from int_parts
),

shared as (
    select * from int_shared_tellings
),

-- A reversal that does not say its currency has that of the sale in the words of its own source.
own_currencies as (
    select
        receipt,
        seller,
        told_by,
        min(own_currency) as currency
    from shared
    where event_type = 'sale.created'
    group by receipt, seller, told_by
),

told as (
    select
        items.body_id,
        items.item_index,
        items.body_sha256,
        items.event_type,
        items.receipt,
        items.role,
        items.role_preference,
        coalesce(shared.refund_id, items.refund_id) as refund_id,
        coalesce(shared.chargeback_id, items.chargeback_id) as chargeback_id,
        items.chargeback_status,
        items.has_explicit_refund_amount,
        case when shared.body_id is null then items.product_item_no else shared.product_item_no end as product_item_no,
        case when shared.body_id is null then items.product_title else shared.product_title end as product_title,
        event_items.event_key,
        event_items.is_ambiguous,
        event_items.seller as vendor,
        event_items.told_count,
        coalesce(shared.sources, event_items.told_by) as sources,
        -- the first part that tells a value
        coalesce(shared.vendor, parts.vendor, items.vendor) as told_vendor,
        coalesce(items.currency, parts.currency, own_currencies.currency) as currency,
        case when parts.body_id is null then items.assumed_units else parts.assumed_units end as assumed_units,
        coalesce(shared.kind, case parts.said_transaction_type when 'INSF' then 'echeck' else items.kind end) as kind,
        coalesce(shared.affiliate, parts.affiliate, items.affiliate) as affiliate,
        coalesce(shared.said_root_receipt, parts.said_root_receipt, items.said_root_receipt) as said_root_receipt,
        coalesce(shared.refund_type, parts.refund_type, items.refund_type) as refund_type,
        coalesce(shared.reason_text, parts.reason_text, items.reason_text) as reason_text,
        coalesce(shared.reason_code, parts.reason_code, items.reason_code) as reason_code,
        coalesce(shared.card_network, parts.card_network, items.card_network) as card_network,
        coalesce(shared.original_sale_at, parts.original_sale_at, items.original_sale_at) as original_sale_at,
        coalesce(shared.occurred_at, parts.occurred_at, items.occurred_at) as occurred_at,
        coalesce(shared.is_time_assumed, parts.is_time_assumed, items.is_time_assumed) as is_time_assumed,
        coalesce(shared.is_day_precision, parts.is_day_precision, items.is_day_precision) as is_day_precision,
        -- parts add up
        case when parts.body_id is null then items.amount else parts.amount end as amount,
        coalesce(case when parts.body_id is null then items.account_amount else parts.account_amount end, shared.account_amount) as account_amount,
        coalesce(case when parts.body_id is null then items.fee_amount else parts.fee_amount end, shared.fee_amount) as fee_amount,
        case
            when shared.body_id is not null then shared.lines
            when parts.body_id is null then items.lines
            else parts.lines
        end as lines,
        case
            when shared.body_id is not null then shared.item_nos
            when parts.body_id is null then items.item_nos
            else parts.item_nos
        end as item_nos
    from event_items
    inner join items on event_items.body_id = items.body_id and event_items.item_index = items.item_index
    left join parts on items.body_id = parts.body_id and items.item_index = parts.item_index
    left join shared on items.body_id = shared.body_id and items.item_index = shared.item_index
    left join own_currencies
        on
            event_items.receipt = own_currencies.receipt
            and event_items.seller is not distinct from own_currencies.seller
            and event_items.told_by = own_currencies.told_by
),

reversals as (
    select
        *,
        coalesce(min(said_root_receipt) over (partition by receipt, vendor), root_of(receipt)) as root_receipt,
        -- a bare date is any time of that day
        case when is_day_precision then occurred_at + interval '24' hour else occurred_at end as latest_at
    from told
),

-- A reversal belongs to the latest payment of its own receipt at or before it, else to the earliest: to the row of its
-- own role, else of any.
receipt_sales as (
    select
        reversals.event_key,
        reversals.item_index,
        sales.sold_at,
        sales.sold_date,
        sales.payment,
        sales.payment_affiliate as affiliate,
        sales.currency,
        sales.role,
        sales.gross_amount,
        sales.account_amount
    from reversals
    inner join sales
        on
            reversals.receipt = sales.receipt
            and reversals.vendor is not distinct from sales.vendor
            and not reversals.is_ambiguous
    qualify
        row_number() over (
            partition by reversals.event_key, reversals.item_index
            order by
                (sales.payment_sold_at <= reversals.latest_at) desc,
                case
                    when sales.payment_sold_at <= reversals.latest_at then -epoch_us(sales.payment_sold_at)
                    else epoch_us(sales.payment_sold_at)
                end,
                sales.payment,
                (sales.role = reversals.role) desc,
                sales.role_preference -- a payment has one row in each role
        ) = 1
),

-- Minor units are those of the sale's currency where the reversal says none.
measured as (
    select
        reversals.* exclude (amount, account_amount, fee_amount),
        minor_units_of(reversals.amount, reversals.assumed_units[1], currency_places(coalesce(reversals.currency, receipt_sales.currency))) as amount,
        minor_units_of(reversals.account_amount, reversals.assumed_units[2], currency_places(coalesce(reversals.currency, receipt_sales.currency))) as account_amount,
        minor_units_of(reversals.fee_amount, reversals.assumed_units[3], currency_places(coalesce(reversals.currency, receipt_sales.currency))) as fee_amount
    from reversals
    left join receipt_sales
        on reversals.event_key = receipt_sales.event_key and reversals.item_index = receipt_sales.item_index
)

select
    reversals.event_key,
    cast(reversals.item_index as integer) as item_index,
    reversals.body_id,
    reversals.event_type,
    reversals.receipt,
    reversals.root_receipt,
    receipt_sales.payment,
    reversals.occurred_at as reversed_at,
    report_date(reversals.occurred_at) as reversed_date,
    reversals.amount,
    reversals.account_amount,
    case when reversals.currency is null and receipt_sales.event_key is null then reversals.assumed_units end as assumed_units,
    -- One reversal takes back a payment's account amount: the one of its own role, else of the preferred role. Amounts in two
    -- currencies have no proportion.
    case
        when receipt_sales.event_key is null or reversals.currency != receipt_sales.currency then null
        else
            case when reversals.role = receipt_sales.role then '0' else reversals.role_preference end
            = min(case when reversals.role = receipt_sales.role then '0' else reversals.role_preference end) over (
                partition by
                    reversals.event_type, reversals.receipt, reversals.vendor, receipt_sales.payment, receipt_sales.role
            )
    end as is_taking_back, -- NULL where not known
    receipt_sales.account_amount as sale_account_amount,
    coalesce(reversals.currency, receipt_sales.currency) as currency,
    coalesce(reversals.currency != receipt_sales.currency, false) as is_other_currency,
    reversals.vendor,
    -- a reversal may name another affiliate than its sale, or none: the sale's counts
    case when receipt_sales.event_key is null then reversals.affiliate else receipt_sales.affiliate end as affiliate,
    reversals.told_vendor,
    reversals.affiliate as told_affiliate,
    reversals.role,
    reversals.role_preference,
    reversals.body_sha256,
    receipt_sales.sold_at,
    coalesce(receipt_sales.sold_date, report_date(reversals.original_sale_at)) as sold_date,
    receipt_sales.gross_amount as sale_gross_amount,
    receipt_sales.event_key is null as is_orphan,
    reversals.is_ambiguous,
    reversals.refund_id,
    reversals.refund_type,
    reversals.reason_text,
    -- one amount that equals the whole sale may be the refund or the original price
    not reversals.has_explicit_refund_amount and reversals.amount = receipt_sales.gross_amount
    and coalesce(reversals.currency = receipt_sales.currency, true) as is_amount_ambiguous,
    reversals.chargeback_id,
    reversals.kind,
    reversals.chargeback_status,
    reversals.fee_amount,
    reversals.reason_code,
    reversals.card_network,
    reversals.item_nos,
    reversals.lines,
    reversals.product_item_no,
    reversals.product_title,
    reversals.is_time_assumed,
    reversals.sources, -- sorted, comma-separated
    reversals.told_count
from measured as reversals
left join receipt_sales on reversals.event_key = receipt_sales.event_key and reversals.item_index = receipt_sales.item_index
