-- Which countries, payment methods and tracking ids bring sales that stay?
-- The last 90 days, 10 largest of each; sales with a refund in another currency have a column of their own.
with sales as (
    select
        sales.country,
        sales.payment_method,
        sales.tracking_id,
        sales.currency,
        sales.gross_amount,
        orders.net_amount,
        orders.refund_count > 0 as is_refunded,
        orders.chargeback_count > 0 as is_charged_back
    from fct_sales as sales
    inner join fct_orders as orders
        on
            sales.event_key = orders.event_key
            and sales.receipt = orders.receipt
            and sales.vendor is not distinct from orders.vendor
    where sales.is_counted and sales.sold_date > (select max(report_date) from refund_rates) - 90
),

counted as (
    select
        case
            when grouping(country) = 0 then 'country'
            when grouping(payment_method) = 0 then 'payment method'
            else 'tracking id'
        end as part,
        coalesce(country, payment_method, tracking_id) as origin,
        currency,
        count(*) as sales,
        sum(gross_amount) as gross_sales,
        sum(net_amount) as net_sales,
        count(*) - count(net_amount) as unknown,
        count(*) filter (where is_refunded) as refunded,
        count(*) filter (where is_charged_back) as charged_back
    from sales
    group by grouping sets ((country, currency), (payment_method, currency), (tracking_id, currency))
)

select
    part,
    coalesce(origin, '(none)') as origin,
    currency,
    sales,
    cast(gross_sales as decimal(18, 2)) as "gross sales",
    cast(net_sales as decimal(18, 2)) as "left of them",
    unknown as "in two currencies",
    floor(round(10000 * refunded / sales, 6)) / 100 as "refunded %",
    floor(round(10000 * charged_back / sales, 6)) / 100 as "charged back %"
from counted
qualify row_number() over (partition by part order by sales desc, origin, currency) <= 10
order by part, sales desc, origin, currency
