-- One sale or rebill item that counts: the owner of its natural key.
-- key: event_key, item_index
-- stored by: sold_date
-- refresh by: receipt
-- placed by: receipt
-- lists places by: root_receipt
-- explained by int_event_items: receipt where source.event_type = 'sale.created'
with event_items as (
    select * from int_event_items
    where event_type = 'sale.created'
),

items as (
    select * from stg_typed_items
),

parts as (
    select * from int_parts
),

shared as (
    select * from int_shared_tellings
),

told as not materialized (
    select
        items.body_id,
        items.item_index,
        items.body_sha256,
        items.told_by,
        items.receipt,
        items.rebill_number,
        items.transaction_type,
        items.is_rebill,
        items.role,
        items.role_preference,
        event_items.event_key,
        coalesce(event_items.seller, items.vendor) as vendor,
        event_items.payment_number,
        coalesce(items.currency, parts.currency) as currency,
        -- the first part that tells a value
        coalesce(shared.occurred_at, parts.occurred_at, items.occurred_at) as occurred_at,
        coalesce(shared.said_root_receipt, parts.said_root_receipt, items.root_receipt) as root_receipt,
        coalesce(shared.affiliate, parts.affiliate, items.affiliate) as affiliate,
        coalesce(shared.said_root_receipt, parts.said_root_receipt, items.said_root_receipt) as said_root_receipt,
        coalesce(shared.payment_method, parts.payment_method, items.payment_method) as payment_method,
        coalesce(shared.country, parts.country, items.country) as country,
        coalesce(shared.state, parts.state, items.state) as state,
        coalesce(shared.tracking_id, parts.tracking_id, items.tracking_id) as tracking_id,
        coalesce(shared.vtid, parts.vtid, items.vtid) as vtid,
        coalesce(shared.campaign, parts.campaign, items.campaign) as campaign,
        coalesce(shared.click_id, parts.click_id, items.click_id) as click_id,
        coalesce(shared.upsell_original_receipt, parts.upsell_original_receipt, items.upsell_original_receipt) as upsell_original_receipt,
        coalesce(shared.upsell_path, parts.upsell_path, items.upsell_path) as upsell_path,
        case when shared.body_id is null then items.product_item_no else shared.product_item_no end as product_item_no,
        case when shared.body_id is null then items.product_title else shared.product_title end as product_title,
        case when shared.body_id is null then coalesce(parts.product_quantity, items.product_quantity) else shared.product_quantity end as product_quantity,
        case when shared.body_id is null then coalesce(parts.product_is_recurring, items.product_is_recurring) else shared.product_is_recurring end as product_is_recurring,
        case when shared.body_id is null then coalesce(parts.product_payments_processed, items.product_payments_processed) else shared.product_payments_processed end as product_payments_processed,
        case when shared.body_id is null then coalesce(parts.product_payments_remaining, items.product_payments_remaining) else shared.product_payments_remaining end as product_payments_remaining,
        case when shared.body_id is null then coalesce(parts.product_next_payment_date, items.product_next_payment_date) else shared.product_next_payment_date end as product_next_payment_date,
        case when shared.body_id is null then coalesce(parts.product_rebill_amount, items.product_rebill_amount) else shared.product_rebill_amount end as product_rebill_amount,
        coalesce(shared.is_time_assumed, parts.is_time_assumed, items.is_time_assumed) as is_time_assumed,
        coalesce(shared.time_source, parts.time_source, items.time_source) as time_source,
        -- parts add up
        case when parts.body_id is null then items.amount else parts.amount end as amount,
        coalesce(shared.account_amount, case when parts.body_id is null then items.account_amount else parts.account_amount end)
            as account_amount,
        case when parts.body_id is null then items.tax_amount else parts.tax_amount end as tax_amount,
        case when parts.body_id is null then items.shipping_amount else parts.shipping_amount end as shipping_amount,
        case
            when shared.body_id is not null then shared.lines
            when parts.body_id is null then items.lines
            else parts.lines
        end as lines,
        event_items.told_by as amount_source,
        coalesce(shared.sources, event_items.told_by) as sources,
        coalesce(shared.customer_currency, items.customer_currency, parts.currency) as customer_currency
    from event_items
    inner join items on event_items.body_id = items.body_id and event_items.item_index = items.item_index
    left join parts on items.body_id = parts.body_id and items.item_index = parts.item_index
    left join shared on items.body_id = shared.body_id and items.item_index = shared.item_index
),

sales as not materialized (
    select
        * exclude (payment_number),
        coalesce(rebill_number, payment_number) as payment_number,
        payment_name(null, rebill_number is not null, is_rebill, payment_number, occurred_at) as payment
    from told
),

-- Customer-level measures count a payment once: of two roles' rows the vendor's. All payments of a receipt have one session,
-- whichever role names it: an upsell belongs to the receipt it was added to.
ranked as (
    select
        body_id,
        item_index,
        first_value(upsell_original_receipt ignore nulls) over same_receipt as order_key,
        coalesce(first_value(said_root_receipt ignore nulls) over same_receipt, root_of(receipt)) as root_receipt,
        first_value(occurred_at) over same_payment as payment_sold_at,
        first_value(affiliate) over same_payment as payment_affiliate,
        row_number() over same_payment = 1 as is_counted
    from sales
    window
        same_receipt as (
            partition by receipt, vendor
            order by role_preference, is_rebill, occurred_at, body_sha256, item_index
            rows between unbounded preceding and unbounded following
        ),
        same_payment as (
            partition by receipt, vendor, payment order by role_preference -- one row in each role
        )
)

select
    sales.event_key,
    cast(sales.item_index as integer) as item_index,
    sales.body_id,
    sales.receipt,
    ranked.order_key as said_order_key, -- the session the sender names; NULL for a sale that is no upsell
    ranked.root_receipt, -- of the receipt, whichever role names it
    cast(sales.payment_number as integer) as rebill_number,
    sales.payment,
    sales.occurred_at as sold_at,
    report_date(sales.occurred_at) as sold_date,
    ranked.payment_sold_at, -- by the telling that counts
    sales.vendor,
    sales.affiliate,
    ranked.payment_affiliate, -- by the telling that counts
    sales.role,
    sales.role_preference,
    sales.body_sha256,
    sales.told_by,
    sales.transaction_type,
    sales.is_rebill,
    coalesce(sales.upsell_original_receipt != sales.root_receipt, false) as is_upsell,
    sales.currency,
    sales.amount as gross_amount,
    sales.account_amount,
    sales.tax_amount,
    sales.shipping_amount,
    sales.payment_method,
    sales.country,
    sales.state,
    sales.tracking_id,
    sales.vtid,
    sales.campaign,
    sales.click_id,
    sales.upsell_path,
    sales.is_time_assumed,
    sales.time_source,
    sales.lines,
    sales.product_item_no,
    sales.product_title,
    sales.product_quantity,
    sales.product_is_recurring,
    sales.product_payments_processed,
    sales.product_payments_remaining,
    sales.product_next_payment_date,
    sales.product_rebill_amount,
    ranked.is_counted,
    sales.sources, -- sorted, comma-separated
    sales.amount_source,
    sales.customer_currency
from sales
inner join ranked on sales.body_id = ranked.body_id and sales.item_index = ranked.item_index
