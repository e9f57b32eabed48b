-- One payment that counts of a subscription. A receipt is one where a line of it is recurring, where it has a rebill, or where a
-- notice names it.
-- key: vendor, root_receipt, receipt, payment
-- refresh by: root_receipt
with sales as (
    select
        *,
        coalesce(has_recurring_line(lines) or (coalesce(len(lines), 0) = 0 and truthy(product_is_recurring)), false)
            as is_recurring
    from int_sales
    -- an upsell that names the front-end sale as its root is no payment of that one
    where is_counted and (is_rebill or receipt = root_receipt)
),

notices as (
    select * from int_subscription_notices
),

subscribed as (
    select distinct
        root_receipt,
        vendor
    from sales
    where is_rebill or is_recurring
    union
    select
        sales.root_receipt,
        sales.vendor
    from sales
    inner join notices
        on
            sales.root_receipt = notices.root_receipt
            and coalesce(sales.vendor is not distinct from notices.vendor, false)
    union
    select
        sales.root_receipt,
        sales.vendor
    from sales
    inner join notices on sales.root_receipt = notices.root_receipt and notices.vendor is null
),

payments as (
    select
        sales.*,
        subscription_line(sales.lines) as line,
        coalesce(len(sales.lines), 0) > 0 as has_lines
    from sales
    inner join subscribed
        on sales.root_receipt = subscribed.root_receipt and sales.vendor is not distinct from subscribed.vendor
),

read as (
    select
        *,
        case when has_lines then line.item_no else product_item_no end as item_no,
        whole_number(case when has_lines then line.payments_processed else product_payments_processed end)
            as payments_processed,
        whole_number(case when has_lines then line.payments_remaining else product_payments_remaining end)
            as payments_remaining,
        report_date(instant(case when has_lines then line.next_payment_date else product_next_payment_date end))
            as next_payment_date,
        money(case when has_lines then line.rebill_amount else product_rebill_amount end) as rebill_amount,
        case
            when has_lines then money(line.price)
            else gross_amount - coalesce(tax_amount, 0) - coalesce(shipping_amount, 0)
        end as line_amount,
        row_number() over by_time + case when bool_or(not is_rebill) over same_subscription then 0 else 1 end as place
    from payments
    window
        same_subscription as (partition by root_receipt, vendor),
        by_time as (partition by root_receipt, vendor order by sold_at, receipt, payment rows unbounded preceding)
),

numbered as (
    select
        *,
        -- as told, else its place
        cast(case when not is_rebill then 1 else coalesce(rebill_number, place) end as bigint) as payment_number,
        last_value(
            case when payments_processed + payments_remaining >= 1 then payments_processed + payments_remaining end ignore nulls
        ) over by_time as payments_in_all,
        first_value(item_no) over by_item as subscription_item_no,
        first_value(currency) over (
            partition by root_receipt, vendor order by currency is null, sold_at, receipt, payment
        ) as subscription_currency
    from read
    window
        by_time as (partition by root_receipt, vendor order by sold_at, receipt, payment rows unbounded preceding),
        by_item as (partition by root_receipt, vendor order by is_recurring desc, item_no is null, sold_at, receipt, payment)
)

select
    event_key,
    item_index,
    vendor,
    root_receipt,
    receipt,
    payment,
    sold_at,
    sold_date,
    told_by,
    is_rebill,
    payment_number,
    currency,
    gross_amount,
    coalesce(coalesce(gross_amount, account_amount) <= 0, false) as is_free, -- a payment of nothing begins a trial
    item_no,
    line_amount, -- of the recurring line, without tax
    next_payment_date,
    rebill_amount,
    subscription_item_no, -- of the first recurring line, else of the first payment that names one
    subscription_currency, -- of the first payment that names one
    -- 999 payments are a plan without end
    case when payments_in_all < 999 then payments_in_all end as payments_planned,
    -- a row of a history file tells the payments that were left when the file was written
    coalesce(payments_remaining = 0 and payments_processed >= 1 and told_by in ('ins', 'command_center'), false)
    or coalesce(payments_in_all < 999 and payment_number >= payments_in_all, false) as is_last
from numbered
