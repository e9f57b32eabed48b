-- Products and lines must agree to the cent in every currency.
-- severity: blocking
-- refresh by: report_date
-- from fct_sales: sold_date as report_date
-- from fct_sale_lines: sold_date as report_date
with parts as (
    select
        fct_sales.currency,
        fct_sale_lines.line_amount as amount,
        fct_sale_lines.quantity
    from fct_sale_lines
    inner join fct_sales
        on fct_sale_lines.event_key = fct_sales.event_key and fct_sale_lines.item_index = fct_sales.item_index
    where fct_sales.is_counted
    union all
    select
        currency,
        -line_sales as amount,
        -quantity as quantity
    from daily_product_sales
)

select
    currency,
    sum(amount) as amount_difference,
    sum(quantity) as quantity_difference
from parts
group by currency
having coalesce(sum(amount), 0) != 0 or coalesce(sum(quantity), 0) != 0
