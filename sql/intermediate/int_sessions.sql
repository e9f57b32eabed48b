-- One session that has its front-end sale: what the customer paid in it, upsells included, rebills not.
-- key: order_key
-- stored by: sold_date
-- refresh by: order_key
-- placed by: order_key
with orders as (
    select * from fct_orders
    where state != 'orphan' and not is_rebill
),

fronts as (
    select * from orders
    where receipt = order_key
)

-- An upsell in another currency cannot be added.
select
    fronts.body_id,
    fronts.order_key,
    fronts.sold_date,
    fronts.currency,
    fronts.vendor,
    sum(orders.gross_amount) as gross_amount
from fronts
inner join orders
    on fronts.order_key = orders.order_key and fronts.currency is not distinct from orders.currency
group by fronts.body_id, fronts.order_key, fronts.sold_date, fronts.currency, fronts.vendor
