-- One product that a reversal touches: the items it names, else all items of its sale.
-- key: event_key, item_index, item_no
-- stored by: reversed_date
-- refresh by: receipt
with reversals as (
    select * from int_reversals
),

refunds as (
    select * from fct_refunds
),

chargebacks as (
    select * from fct_chargebacks
),

sales as (
    select * from fct_sales
    where is_counted
),

lines as (
    select * from fct_sale_lines
),

counted as (
    select
        event_key,
        item_index,
        refund_amount as amount,
        currency,
        is_counted
    from refunds
    union all
    select
        event_key,
        item_index,
        chargeback_amount as amount,
        currency,
        is_counted
    from chargebacks
),

sale_items as (
    select
        sales.receipt,
        sales.vendor,
        sales.payment,
        lines.item_no,
        min_by(lines.title, (sales.event_key, sales.item_index, lines.line_number)) as title,
        sum(lines.line_amount) as line_amount
    from sales
    inner join lines on sales.event_key = lines.event_key and sales.item_index = lines.item_index
    where sales.receipt in (select reversals.receipt from reversals) -- few are, and a sum over all sales is large
    group by sales.receipt, sales.vendor, sales.payment, lines.item_no
),

named as (
    select
        event_key,
        item_index,
        item_no,
        max(title) as title
    from (
        select
            event_key,
            item_index,
            unnest(list_transform(lines, lambda l: l.item_no)) as item_no,
            unnest(list_transform(lines, lambda l: l.title)) as title
        from reversals
        union all
        select
            event_key,
            item_index,
            product_item_no as item_no,
            product_title as title
        from reversals
        where lines is null or len(lines) = 0
    ) as exploded
    where item_no is not null
    group by event_key, item_index, item_no
),

touched as (
    select * from named
    union all
    select
        reversals.event_key,
        reversals.item_index,
        sale_items.item_no,
        sale_items.title
    from reversals
    inner join sale_items
        on
            reversals.receipt = sale_items.receipt
            and reversals.vendor is not distinct from sale_items.vendor
            and reversals.payment = sale_items.payment
    where len(reversals.item_nos) = 0
),

-- Its amount is shared in proportion to the lines' amounts in the sale, equally where they say nothing. A negative
-- amount (a discount) has no share: no share is ever greater than the amount.
weighted as (
    select
        touched.event_key,
        touched.item_index,
        touched.item_no,
        coalesce(touched.title, sale_items.title) as title,
        reversals.event_type,
        reversals.receipt,
        reversals.reversed_date,
        reversals.payment,
        reversals.vendor,
        greatest(sale_items.line_amount, 0) as weight,
        sum(greatest(sale_items.line_amount, 0)) over (partition by touched.event_key, touched.item_index)
            as total_weight,
        count(*) over (partition by touched.event_key, touched.item_index) as item_count
    from touched
    inner join reversals on touched.event_key = reversals.event_key and touched.item_index = reversals.item_index
    left join sale_items
        on
            reversals.receipt = sale_items.receipt
            and reversals.vendor is not distinct from sale_items.vendor
            and reversals.payment = sale_items.payment
            and touched.item_no is not distinct from sale_items.item_no
)

select
    weighted.event_key,
    weighted.item_index,
    weighted.item_no,
    weighted.title,
    weighted.event_type,
    weighted.receipt,
    weighted.reversed_date,
    weighted.payment,
    counted.currency,
    weighted.vendor,
    case
        when weighted.item_count = 1 then counted.amount
        when weighted.total_weight = 0 then money_per(counted.amount, weighted.item_count)
        else money_share(counted.amount, weighted.weight, weighted.total_weight)
    end as amount,
    counted.is_counted
from weighted
inner join counted on weighted.event_key = counted.event_key and weighted.item_index = counted.item_index
