-- Every counted sale, refund and chargeback is in exactly one order.
-- severity: blocking
-- refresh by: receipt
with orders as (
    select
        coalesce(sum(gross_amount), 0) as gross,
        coalesce(sum(refunded_amount), 0) as refunded,
        coalesce(sum(charged_back_amount), 0) as charged_back
    from fct_orders
),

sales as (
    select coalesce(sum(gross_amount), 0) as gross from fct_sales
    where is_counted
),

refunds as (
    select coalesce(sum(refund_amount), 0) as refunded from fct_refunds
    where is_counted
),

chargebacks as (
    select coalesce(sum(chargeback_amount), 0) as charged_back from fct_chargebacks
    where is_counted
)

select
    orders.gross - sales.gross as gross_difference,
    orders.refunded - refunds.refunded as refunded_difference,
    orders.charged_back - chargebacks.charged_back as charged_back_difference
from orders
cross join sales
cross join refunds
cross join chargebacks
where
    orders.gross != sales.gross
    or orders.refunded != refunds.refunded
    or orders.charged_back != chargebacks.charged_back
