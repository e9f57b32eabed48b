-- The lines of the window's sales, of the same vendor and in the same currency.
select source.*
from fct_sale_lines as source
cross join product_performance as target
where
    source.sold_date > (select today from int_today) - target.window_days
    and exists (
        select 1
        from fct_sales as s
        where
            s.event_key = source.event_key
            and s.item_index = source.item_index
            and s.vendor is not distinct from target.vendor
            and s.currency is not distinct from target.currency
    )
