-- One day x currency x vendor x product, by event date.
-- key: report_date, currency, vendor, item_no
-- stored by: report_date
-- refresh by: report_date
-- from fct_sales: sold_date as report_date
-- from fct_sale_lines: sold_date as report_date
-- from int_reversal_items: reversed_date as report_date
-- explained by fct_sales: sold_date as report_date, currency, vendor file explained/daily_product_sales_by_fct_sales.sql
-- explained by fct_sale_lines: sold_date as report_date, item_no file explained/daily_product_sales_by_fct_sale_lines.sql
-- explained by int_reversal_items: reversed_date as report_date, currency, vendor, item_no where source.event_type = 'refund.processed' and source.is_counted
with lines as (
    select * from fct_sale_lines
),

sales as (
    select * from fct_sales
    where is_counted
),

refunded_items as (
    select * from int_reversal_items
    where event_type = 'refund.processed' and is_counted
),

sale_days as (
    select
        sales.sold_date as report_date,
        sales.currency,
        sales.vendor,
        lines.item_no,
        max_by(lines.title, (sales.sold_at, sales.receipt, sales.payment, lines.line_number)) as title,
        sum(lines.quantity) as quantity,
        sum(lines.line_amount) as line_sales
    from sales
    inner join lines on sales.event_key = lines.event_key and sales.item_index = lines.item_index
    group by sales.sold_date, sales.currency, sales.vendor, lines.item_no
),

refund_days as (
    select
        reversed_date as report_date,
        currency,
        vendor,
        item_no,
        max(title) as refunded_title,
        count(distinct row(receipt, payment)) as refund_count
    from refunded_items
    group by reversed_date, currency, vendor, item_no
),

stacked as (
    select * from sale_days
    union all by name
    select * from refund_days
)

select
    report_date, -- day in the report zone
    currency, -- ISO 4217; NULL where none was said
    vendor, -- seller's nickname
    item_no, -- product number (SKU)
    coalesce(any_value(title), any_value(refunded_title)) as title, -- the title its latest sale line of the day had, else a refunded line's
    total_count(quantity) as quantity, -- units sold
    total_amount(line_sales) as line_sales, -- sum of the lines' price_amount, as sent
    total_count(refund_count) as refund_count -- distinct payments refunded; a refund counts for the items it names, else for all items of its sale
from stacked
group by report_date, currency, vendor, item_no
