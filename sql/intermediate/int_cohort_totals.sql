-- One day's sales of a currency and vendor, and all that has become of them.
-- key: sold_date, currency, vendor
-- stored by: sold_date
-- refresh by: sold_date
with payments as (
    select * from int_payments
    where not is_orphan
),

sessions as (
    select * from int_sessions
),

sold as (
    select
        sold_date,
        currency,
        vendor,
        count(*) as receipt_count,
        count(*) filter (where is_rebill) as rebill_count,
        sum(gross_amount) as gross_sales,
        sum(net_amount) as net_sales,
        count(*) - count(net_amount) as unknown_net_count,
        count(*) filter (where refund_count > 0) as refunded_sales,
        count(*) filter (where chargeback_count > 0) as charged_back_sales,
        count(*) filter (where standing_chargeback_count > 0) as standing_sales,
        count(*) filter (where refund_count + chargeback_count > 0) as reversed_sales
    from payments
    group by sold_date, currency, vendor
),

begun as (
    select
        sold_date,
        currency,
        vendor,
        count(*) as order_count,
        sum(gross_amount) as order_gross
    from sessions
    group by sold_date, currency, vendor
)

select
    sold.sold_date,
    sold.currency,
    sold.vendor,
    sold.receipt_count,
    sold.rebill_count,
    sold.gross_sales,
    sold.net_sales,
    sold.unknown_net_count,
    sold.refunded_sales,
    sold.charged_back_sales,
    sold.standing_sales,
    sold.reversed_sales,
    coalesce(begun.order_count, 0) as order_count,
    begun.order_gross
from sold
left join begun
    on
        sold.sold_date = begun.sold_date
        and sold.currency is not distinct from begun.currency
        and sold.vendor is not distinct from begun.vendor
