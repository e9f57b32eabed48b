-- One line of a sale. A sale without lines has exactly one, made of its product fields and its own amounts, so that
-- product sales add up to gross sales.
-- key: event_key, item_index, line_number
-- stored by: sold_date
-- refresh by: receipt
-- placed by: receipt, event_key
with sales as (
    select * from int_sales
),

-- Few sales have a line of several units; only their prices are compared with the total.
priced as (
    select
        *,
        case
            when len(list_filter(lines, lambda l: l.quantity != '1')) > 0
                then is_priced_per_unit(
                    list_transform(lines, lambda l: money(l.price)),
                    list_transform(lines, lambda l: whole_number(coalesce(l.quantity, '1'))),
                    list_sum(list_transform(lines, lambda l: abs(money(l.discount)))),
                    gross_amount,
                    coalesce(tax_amount, 0) + coalesce(shipping_amount, 0)
                )
            else false
        end as is_priced_per_unit
    from sales
    where len(lines) > 0
),

numbered as (
    select
        *,
        unnest(lines) as line,
        generate_subscripts(lines, 1) as line_number
    from priced
),

listed as (
    select
        body_id,
        event_key,
        item_index,
        receipt,
        sold_date,
        currency,
        is_priced_per_unit,
        line_number,
        line.item_no,
        line.title,
        line.quantity,
        line.price,
        line.account_amount,
        line.affiliate_payout,
        line.jv_payout,
        line.discount,
        line.tax,
        line.shipping,
        line.line_item_type,
        line.is_recurring,
        line.payments_processed,
        line.payments_remaining,
        line.next_payment_date,
        line.rebill_amount
    from numbered
),

synthetic as (
    select
        body_id,
        event_key,
        item_index,
        receipt,
        sold_date,
        currency,
        false as is_priced_per_unit,
        1 as line_number,
        product_item_no as item_no,
        product_title as title,
        product_quantity as quantity,
        cast(gross_amount - coalesce(tax_amount, 0) - coalesce(shipping_amount, 0) as varchar) as price,
        cast(account_amount as varchar) as account_amount,
        product_is_recurring as is_recurring,
        product_payments_processed as payments_processed,
        product_payments_remaining as payments_remaining,
        product_next_payment_date as next_payment_date,
        product_rebill_amount as rebill_amount
    from sales
    where lines is null or len(lines) = 0
),

lines as (
    select * from listed
    union all by name
    select * from synthetic
)

select
    body_id,
    event_key, -- joins to fct_sales.event_key
    item_index, -- joins to fct_sales.item_index
    receipt, -- the sale's receipt
    sold_date, -- the sale's day in the report zone
    currency, -- the sale's
    cast(line_number as integer) as line_number, -- from 1, in the order sent
    item_no, -- product number (SKU), as sent
    title, -- product title as sent
    case when quantity is null then 1 else whole_number(quantity) end as quantity, -- units; 1 when not said, NULL when unreadable
    money(price) as price_amount, -- as sent, not multiplied by quantity; without lines: gross less tax and shipping
    case
        when is_priced_per_unit then coalesce(try_cast(money(price) * whole_number(quantity) as decimal(18, 4)), money(price))
        else money(price)
    end as line_amount, -- of all units: quantity x price_amount where only that adds up to the amount paid, else price_amount
    money(account_amount) as account_amount, -- this account's share of the line
    money(affiliate_payout) as affiliate_payout, -- the affiliate's share; only in the vendor's view
    money(jv_payout) as jv_payout, -- the joint-venture partner's share
    money(discount) as discount_amount, -- discount on the line
    money(tax) as tax_amount, -- tax on the line
    money(shipping) as shipping_amount, -- shipping on the line
    upper(line_item_type) as line_item_type, -- ORIGINAL, UPSELL, BUMP, ...
    case when is_recurring is not null then truthy(is_recurring) end as is_recurring, -- the line is a subscription; NULL when not said
    whole_number(payments_processed) as payments_processed, -- payments so far
    whole_number(payments_remaining) as payments_remaining, -- payments to come
    report_date(instant(next_payment_date)) as next_payment_date, -- when the next one is due
    money(rebill_amount) as rebill_amount -- amount of the next payment
from lines
