-- One product x currency over the trailing 30 and 90 days, by event date.
-- key: window_days, currency, vendor, item_no
-- explained by fct_sales: currency, vendor file explained/product_performance_by_fct_sales.sql
-- explained by fct_sale_lines: item_no file explained/product_performance_by_fct_sale_lines.sql
-- explained by int_reversal_items: currency, vendor, item_no where source.is_counted and source.reversed_date > (select today from int_today) - target.window_days
-- explained by int_today: all
with trailing_days as (
    select * from int_trailing_days
),

sales as (
    select * from fct_sales
),

lines as (
    select * from fct_sale_lines
    where sold_date in (select day from trailing_days)
),

reversal_items as (
    select * from int_reversal_items
    where is_counted
),

sold as (
    select
        trailing_days.window_days,
        sales.currency,
        sales.vendor,
        lines.item_no,
        max_by(lines.title, (sales.sold_at, sales.receipt, sales.payment, lines.line_number)) filter (where sales.is_counted) as title,
        count(distinct row(sales.receipt, sales.payment)) filter (where sales.is_counted) as sale_count,
        count(distinct row(sales.receipt, sales.payment)) filter (where sales.is_counted and sales.is_rebill) as rebill_count,
        sum(lines.quantity) filter (where sales.is_counted) as quantity,
        sum(lines.line_amount) filter (where sales.is_counted) as gross_sales,
        sum(lines.account_amount) as account_amount,
        count(distinct sales.order_key) as order_count
    from trailing_days
    inner join sales on trailing_days.day = sales.sold_date
    inner join lines on sales.event_key = lines.event_key and sales.item_index = lines.item_index
    group by trailing_days.window_days, sales.currency, sales.vendor, lines.item_no
),

reversed as (
    select
        trailing_days.window_days,
        reversal_items.currency,
        reversal_items.vendor,
        reversal_items.item_no,
        count(distinct row(reversal_items.receipt, reversal_items.payment)) filter (where reversal_items.event_type = 'refund.processed') as refund_count,
        count(distinct row(reversal_items.receipt, reversal_items.payment)) filter (where reversal_items.event_type = 'chargeback.received') as chargeback_count,
        sum(reversal_items.amount) as reversed_amount
    from trailing_days
    inner join reversal_items on trailing_days.day = reversal_items.reversed_date
    group by trailing_days.window_days, reversal_items.currency, reversal_items.vendor, reversal_items.item_no
),

stacked as (
    select * from sold
    union all by name
    select * from reversed
),

totals as (
    select
        window_days,
        currency,
        vendor,
        item_no,
        any_value(title) as title, -- of its sales; no other row has one
        total_count(sale_count) as sale_count,
        total_count(rebill_count) as rebill_count,
        total_count(quantity) as quantity,
        total_amount(gross_sales) as gross_sales,
        total_amount(account_amount) as account_amount,
        total_count(order_count) as order_count,
        total_count(refund_count) as refund_count,
        total_count(chargeback_count) as chargeback_count,
        total_amount(reversed_amount) as reversed_amount
    from stacked
    group by window_days, currency, vendor, item_no
)

select
    window_days, -- length of the window that ends today: 30 or 90 days
    currency, -- ISO 4217; NULL where none was said
    vendor, -- seller's nickname
    item_no, -- product number (SKU)
    title, -- the title its latest line in the window had
    sale_count, -- distinct payments that hold the product, initial sales and rebills together
    rebill_count, -- the rebills among them
    quantity, -- units sold
    gross_sales, -- sum of the lines' price_amount, as sent
    refund_count, -- distinct payments refunded in the window that touch the product
    rate(refund_count, sale_count) as refund_rate, -- fraction, by event date; NULL without sales
    chargeback_count, -- distinct payments charged back in the window that touch the product
    rate(chargeback_count, sale_count) as chargeback_rate, -- fraction, by event date; NULL without sales
    cast(gross_sales - reversed_amount as decimal(18, 4)) as net_sales, -- gross_sales less its share of refunds and chargebacks, tax included
    money_per(account_amount, order_count) as earnings_per_order, -- amount this account received for its lines per session
    cast(
        row_number() over (
            partition by window_days, currency
            order by gross_sales - reversed_amount desc, item_no nulls last, vendor nulls last
        ) as bigint
    ) as rank -- 1 is the best by net_sales, within window and currency
from totals
