-- Every counted sale, refund and chargeback is in exactly one order; with its amount, where all are in one currency.
-- severity: blocking
-- refresh by: receipt
with orders as (
    select *, net_amount is not null as is_known from fct_orders
),

facts as (
    select receipt, vendor, gross_amount as gross, 0 as refunded, 0 as charged_back, 0 as refunds, 0 as disputes
    from fct_sales
    where is_counted
    union all
    select receipt, vendor, 0, refund_amount, 0, 1, 0 from fct_refunds
    where is_counted
    union all
    select receipt, vendor, 0, 0, chargeback_amount, 0, 1 from fct_chargebacks
    where is_counted
),

both_sides as (
    select orders.is_known, facts.* exclude (receipt, vendor) from facts
    left join orders on facts.receipt = orders.receipt and facts.vendor is not distinct from orders.vendor
    union all
    select is_known, -gross_amount, -refunded_amount, -charged_back_amount, -refund_count, -chargeback_count
    from orders
)

select
    is_known,
    sum(gross) as gross_difference,
    sum(refunded) as refunded_difference,
    sum(charged_back) as charged_back_difference,
    sum(refunds) as refund_difference,
    sum(disputes) as dispute_difference
from both_sides
group by is_known
having
    is_known is null
    or sum(refunds) != 0
    or sum(disputes) != 0
    or (is_known and (sum(gross) != 0 or sum(refunded) != 0 or sum(charged_back) != 0))
