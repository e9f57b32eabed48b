-- A line never quarantines its sale: a value in it that cannot be read is NULL, and counted here.
-- severity: warning
-- Only lines that lack a value are looked at again.
with suspects as (
    select distinct
        event_key,
        item_index
    from fct_sale_lines
    where price_amount is null or account_amount is null or quantity is null
),

lines as (
    select
        int_sales.event_key,
        unnest(int_sales.lines) as line
    from int_sales
    inner join suspects on int_sales.event_key = suspects.event_key and int_sales.item_index = suspects.item_index
    where len(int_sales.lines) > 0
)

select
    event_key,
    line.item_no
from lines
where
    (line.price is not null and money(line.price) is null)
    or (line.account_amount is not null and money(line.account_amount) is null)
    or (line.quantity is not null and whole_number(line.quantity) is null)
