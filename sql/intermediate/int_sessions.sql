-- One seller's session that has its front-end sale: the amount the customer paid in it, upsells included, rebills not.
-- key: order_key, vendor
-- stored by: sold_date
-- refresh by: order_key
-- placed by: order_key
with payments as (
    select * from int_payments
    where not is_rebill -- which of an orphan nobody knows
),

fronts as (
    select * from payments
    where receipt = order_key
)

-- An upsell in another currency cannot be added.
select
    fronts.body_id,
    fronts.order_key,
    fronts.sold_date,
    fronts.currency,
    fronts.vendor,
    sum(payments.gross_amount) as gross_amount
from fronts
inner join payments
    on
        fronts.order_key = payments.order_key
        and fronts.vendor is not distinct from payments.vendor
        and fronts.currency is not distinct from payments.currency
group by fronts.body_id, fronts.order_key, fronts.sold_date, fronts.currency, fronts.vendor
