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

sales as not materialized (
    select
        items.*,
        event_items.event_key
    from event_items
    inner join items on event_items.body_id = items.body_id and event_items.item_index = items.item_index
),

-- Customer-level measures count a receipt once: told to two roles, the vendor's view counts.
ranked as (
    select
        body_id,
        item_index,
        receipt,
        upsell_original_receipt,
        said_root_receipt,
        row_number() over (
            partition by receipt order by role_preference, occurred_at, body_sha256, item_index
        ) as preference
    from sales
),

-- What a receipt says of its session, whichever role was told: an upsell belongs to the receipt it was added to.
sessions as (
    select
        receipt,
        min_by(upsell_original_receipt, preference) as order_key,
        coalesce(min_by(said_root_receipt, preference), split_part(receipt, '-', 1)) as root_receipt,
        min_by(body_id, preference) as counted_body_id,
        min_by(item_index, preference) as counted_item_index
    from ranked
    group by receipt
)

select
    sales.event_key,
    cast(sales.item_index as integer) as item_index,
    sales.body_id,
    sales.receipt,
    sessions.order_key as said_order_key, -- the session the sender names; NULL for a sale that is no upsell
    sessions.root_receipt, -- of the receipt, whichever role was told
    sales.rebill_number,
    sales.occurred_at as sold_at,
    report_date(sales.occurred_at) as sold_date,
    sales.vendor,
    sales.affiliate,
    sales.role,
    sales.role_preference,
    sales.body_sha256,
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
    sales.body_id = sessions.counted_body_id and sales.item_index = sessions.counted_item_index as is_counted
from sales
inner join sessions on sales.receipt = sessions.receipt
