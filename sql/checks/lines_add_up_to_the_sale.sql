-- Lines + tax + shipping = what was paid, as far as everything was said; a price may be per unit.
-- severity: warning
with lines as (
    select
        event_key,
        item_index,
        sum(price_amount) as price_amount,
        sum(price_amount * quantity) as multiplied_amount,
        sum(coalesce(discount_amount, 0)) as discount_amount
    from fct_sale_lines
    group by event_key, item_index
    having count(price_amount) = count(*)
)

select
    fct_sales.event_key,
    fct_sales.receipt,
    fct_sales.gross_amount,
    lines.price_amount
from fct_sales
inner join lines on fct_sales.event_key = lines.event_key and fct_sales.item_index = lines.item_index
where
    fct_sales.is_counted
    and fct_sales.gross_amount - coalesce(fct_sales.tax_amount, 0) - coalesce(fct_sales.shipping_amount, 0)
    not in (lines.price_amount, lines.multiplied_amount, lines.price_amount - lines.discount_amount)
