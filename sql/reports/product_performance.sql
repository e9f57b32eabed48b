-- One product x currency over the trailing 30 and 90 days, by event date.
-- key: window_days, currency, vendor, item_no
-- explained by fct_sales: currency, vendor where source.sold_date > (select today from int_today) - target.window_days and exists (select 1 from fct_sale_lines as l where l.event_key = source.event_key and l.item_index = source.item_index and l.item_no is not distinct from target.item_no)
-- explained by fct_sale_lines: item_no where source.sold_date > (select today from int_today) - target.window_days and exists (select 1 from fct_sales as s where s.event_key = source.event_key and s.item_index = source.item_index and s.vendor is not distinct from target.vendor and s.currency is not distinct from target.currency)
-- explained by int_reversal_items: currency, vendor, item_no where source.is_counted and source.reversed_date > (select today from int_today) - target.window_days
-- explained by int_today: all
with today as (
    select * from int_today
),

-- The days of the longer window. They are named one by one, so that no older row is read.
days as (
    select cast(unnest(generate_series(today - 89, today, interval '1' day)) as date) as day from today
),

sales as (
    select * from fct_sales
    where sold_date in (select day from days)
),

lines as (
    select * from fct_sale_lines
    where sold_date in (select day from days)
),

reversal_items as (
    select * from int_reversal_items
    where is_counted and reversed_date in (select day from days)
),

windows as (
    select unnest([30, 90]) as window_days
),

ranges as (
    select
        windows.window_days,
        cast(today.today - (windows.window_days - 1) * interval '1' day as date) as first_date,
        today.today as last_date
    from windows
    cross join today
),

sold as (
    select
        ranges.window_days,
        sales.currency,
        sales.vendor,
        lines.item_no,
        max_by(lines.title, (sales.sold_at, sales.receipt, lines.line_number)) filter (where sales.is_counted) as title,
        count(distinct sales.receipt) filter (where sales.is_counted) as sale_count,
        count(distinct sales.receipt) filter (where sales.is_counted and sales.is_rebill) as rebill_count,
        sum(lines.quantity) filter (where sales.is_counted) as quantity,
        sum(lines.line_amount) filter (where sales.is_counted) as gross_sales,
        sum(lines.account_amount) as account_amount,
        count(distinct sales.order_key) as order_count
    from ranges
    inner join sales on sales.sold_date between ranges.first_date and ranges.last_date
    inner join lines on sales.event_key = lines.event_key and sales.item_index = lines.item_index
    group by ranges.window_days, sales.currency, sales.vendor, lines.item_no
),

reversed as (
    select
        ranges.window_days,
        reversal_items.currency,
        reversal_items.vendor,
        reversal_items.item_no,
        count(distinct reversal_items.receipt) filter (where reversal_items.event_type = 'refund.processed') as refund_count,
        count(distinct reversal_items.receipt) filter (where reversal_items.event_type = 'chargeback.received') as chargeback_count,
        sum(reversal_items.amount) as reversed_amount
    from ranges
    inner join reversal_items on reversal_items.reversed_date between ranges.first_date and ranges.last_date
    group by ranges.window_days, reversal_items.currency, reversal_items.vendor, reversal_items.item_no
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
        max(title) as title,
        cast(coalesce(sum(sale_count), 0) as bigint) as sale_count,
        cast(coalesce(sum(rebill_count), 0) as bigint) as rebill_count,
        cast(coalesce(sum(quantity), 0) as bigint) as quantity,
        cast(coalesce(sum(gross_sales), 0) as decimal(18, 4)) as gross_sales,
        cast(coalesce(sum(account_amount), 0) as decimal(18, 4)) as account_amount,
        cast(coalesce(sum(order_count), 0) as bigint) as order_count,
        cast(coalesce(sum(refund_count), 0) as bigint) as refund_count,
        cast(coalesce(sum(chargeback_count), 0) as bigint) as chargeback_count,
        cast(coalesce(sum(reversed_amount), 0) as decimal(18, 4)) as reversed_amount
    from stacked
    group by window_days, currency, vendor, item_no
)

select
    window_days, -- length of the window that ends today: 30 or 90 days
    currency, -- ISO 4217; NULL where none was said
    vendor, -- seller's nickname
    item_no, -- product number (SKU)
    title, -- the title its latest line in the window had
    sale_count, -- distinct receipts that hold the product, initial sales and rebills together
    rebill_count, -- the rebills among them
    quantity, -- units sold
    gross_sales, -- sum of the lines' line_amount
    refund_count, -- distinct receipts refunded in the window that touch the product
    cast(refund_count as double) / nullif(cast(sale_count as double), 0) as refund_rate, -- fraction, by event date; NULL without sales
    chargeback_count, -- distinct receipts charged back in the window that touch the product
    cast(chargeback_count as double) / nullif(cast(sale_count as double), 0) as chargeback_rate, -- fraction, by event date; NULL without sales
    cast(gross_sales - reversed_amount as decimal(18, 4)) as net_sales, -- gross_sales less its share of refunds and chargebacks, tax included
    money_per(account_amount, order_count) as earnings_per_order, -- what this account received for its lines per session
    cast(
        row_number() over (
            partition by window_days, currency
            order by gross_sales - reversed_amount desc, item_no nulls last, vendor nulls last
        ) as bigint
    ) as rank -- 1 is the best by net_sales, within window and currency
from totals
