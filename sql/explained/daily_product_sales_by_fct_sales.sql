-- The sales of the day that hold the product.
select source.*
from fct_sales as source
cross join daily_product_sales as target
where
    source.is_counted
    and exists (
        select 1
        from fct_sale_lines as l
        where
            l.event_key = source.event_key
            and l.item_index = source.item_index
            and l.item_no is not distinct from target.item_no
    )
