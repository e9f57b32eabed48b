-- Product sales are made of lines: a sale without one would be missing from them.
-- severity: blocking
-- refresh by: receipt
select
    fct_sales.event_key,
    fct_sales.item_index
from fct_sales
left join fct_sale_lines
    on
        fct_sales.event_key = fct_sale_lines.event_key
        and fct_sales.item_index = fct_sale_lines.item_index
        and fct_sale_lines.line_number = 1
where fct_sale_lines.event_key is null
