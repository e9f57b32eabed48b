-- One affiliate x currency over the trailing 30 and 90 days, by event date.
-- key: window_days, currency, affiliate
-- explained by fct_sales: currency, affiliate where source.sold_date > (select today from int_today) - target.window_days
-- explained by fct_refunds: currency, affiliate where source.is_counted and source.refunded_date > (select today from int_today) - target.window_days
-- explained by fct_chargebacks: currency, affiliate where source.is_counted and source.charged_back_date > (select today from int_today) - target.window_days
-- explained by int_today: all
with trailing_days as (
    select * from int_trailing_days
),

sales as (
    select * from fct_sales
),

refunds as (
    select * from fct_refunds
    where is_counted
),

chargebacks as (
    select * from fct_chargebacks
    where is_counted
),

sold as (
    select
        trailing_days.window_days,
        sales.currency,
        sales.affiliate,
        count(*) filter (where sales.is_counted) as sale_count,
        count(*) filter (where sales.is_counted and sales.is_rebill) as rebill_count,
        sum(sales.gross_amount) filter (where sales.is_counted) as gross_sales,
        sum(sales.account_amount) as account_amount,
        count(distinct row(sales.vendor, sales.order_key)) as order_count
    from trailing_days
    inner join sales on trailing_days.day = sales.sold_date
    group by trailing_days.window_days, sales.currency, sales.affiliate
),

refunded as (
    select
        trailing_days.window_days,
        refunds.currency,
        refunds.affiliate,
        count(distinct row(refunds.vendor, refunds.receipt, refunds.payment)) as refund_count,
        sum(refunds.refund_amount) as refund_amount
    from trailing_days
    inner join refunds on trailing_days.day = refunds.refunded_date
    group by trailing_days.window_days, refunds.currency, refunds.affiliate
),

charged_back as (
    select
        trailing_days.window_days,
        chargebacks.currency,
        chargebacks.affiliate,
        count(distinct row(chargebacks.vendor, chargebacks.receipt, chargebacks.payment)) as chargeback_count,
        sum(chargebacks.chargeback_amount) as chargeback_amount
    from trailing_days
    inner join chargebacks on trailing_days.day = chargebacks.charged_back_date
    group by trailing_days.window_days, chargebacks.currency, chargebacks.affiliate
),

stacked as (
    select * from sold
    union all by name
    select * from refunded
    union all by name
    select * from charged_back
),

totals as (
    select
        window_days,
        currency,
        affiliate,
        total_count(sale_count) as sale_count,
        total_count(rebill_count) as rebill_count,
        total_count(order_count) as order_count,
        total_amount(gross_sales) as gross_sales,
        total_amount(account_amount) as account_amount,
        total_count(refund_count) as refund_count,
        total_amount(refund_amount) as refund_amount,
        total_count(chargeback_count) as chargeback_count,
        total_amount(chargeback_amount) as chargeback_amount
    from stacked
    group by window_days, currency, affiliate
)

select
    window_days, -- length of the window that ends today: 30 or 90 days
    currency, -- ISO 4217; NULL where none was said
    affiliate, -- affiliate's nickname; NULL for sales without one
    sale_count, -- sales, initial sales and rebills together
    rebill_count, -- the rebills among them
    gross_sales, -- what customers paid
    refund_count, -- distinct payments refunded in the window
    rate(refund_count, sale_count) as refund_rate, -- fraction, by event date; NULL without sales
    chargeback_count, -- distinct payments charged back in the window
    rate(chargeback_count, sale_count) as chargeback_rate, -- fraction, by event date; NULL without sales
    cast(gross_sales - refund_amount - chargeback_amount as decimal(18, 4)) as net_sales, -- gross_sales less refunds and chargebacks of the window
    money_per(account_amount, order_count) as earnings_per_order, -- amount this account received per session
    cast(
        row_number() over (
            partition by window_days, currency
            order by gross_sales - refund_amount - chargeback_amount desc, affiliate nulls last
        ) as bigint
    ) as rank -- 1 is the best by net_sales, within window and currency
from totals
