-- The sales of the window that hold the product.
select source.*
from fct_sales as source
cross join product_performance as target
where
    source.sold_date > (select today from int_today) - target.window_days
    and exists (
        select 1
        from fct_sale_lines as l
        where
            l.event_key = source.event_key
            and l.item_index = source.item_index
            and l.item_no is not distinct from target.item_no
    )
