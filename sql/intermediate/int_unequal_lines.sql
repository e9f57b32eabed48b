-- One sale whose lines do not add up to the amount paid, as far as everything was said; a price may be per unit.
-- key: event_key, item_index
-- refresh by: receipt
-- Kept, so that the check that reads it need not add up every line of every sale each time.
with sale_lines as (
    select * from fct_sale_lines
),

sales as (
    select * from fct_sales
    where is_counted
),

lines as (
    select
        receipt,
        event_key,
        item_index,
        sum(price_amount) as price_amount,
        sum(price_amount * quantity) as multiplied_amount,
        sum(coalesce(discount_amount, 0)) as discount_amount
    from sale_lines
    group by receipt, event_key, item_index
    having count(price_amount) = count(*)
)

select
    sales.event_key,
    sales.item_index,
    sales.receipt,
    sales.gross_amount,
    lines.price_amount
from sales
inner join lines
    on
        sales.receipt = lines.receipt
        and sales.event_key = lines.event_key
        and sales.item_index = lines.item_index
where
    sales.gross_amount - coalesce(sales.tax_amount, 0) - coalesce(sales.shipping_amount, 0)
    not in (lines.price_amount, lines.multiplied_amount, lines.price_amount - lines.discount_amount)
