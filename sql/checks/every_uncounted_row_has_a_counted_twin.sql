-- A row that does not count has a twin that does, of the same payment, refund or dispute. Else money is lost.
-- severity: blocking
-- refresh by: receipt
-- A dispute whose notices name no amount above 0 counts nowhere.
with sales as (
    select vendor, receipt, payment as thing, role, is_counted, event_key, item_index from fct_sales
),

refunds as (
    select vendor, receipt, refunded_date, refund_id, role, is_counted, event_key, item_index from fct_refunds
),

disputes as (
    select vendor, receipt, dispute, told_amount > 0 as has_amount, is_counted, event_key, item_index from fct_chargebacks
)

select uncounted.event_key, uncounted.item_index from sales as uncounted
left join sales as twins
    on
        uncounted.receipt = twins.receipt
        and uncounted.vendor is not distinct from twins.vendor
        and uncounted.thing = twins.thing
        and uncounted.role != twins.role
        and twins.is_counted
where not uncounted.is_counted and twins.event_key is null
union all
select uncounted.event_key, uncounted.item_index from refunds as uncounted
left join refunds as twins
    on
        uncounted.receipt = twins.receipt
        and uncounted.vendor is not distinct from twins.vendor
        and (uncounted.refunded_date = twins.refunded_date or uncounted.refund_id = twins.refund_id)
        and uncounted.role != twins.role
        and twins.is_counted
where not uncounted.is_counted and twins.event_key is null
union all
select uncounted.event_key, uncounted.item_index from disputes as uncounted
left join disputes as twins
    on
        uncounted.receipt = twins.receipt
        and uncounted.vendor is not distinct from twins.vendor
        and uncounted.dispute = twins.dispute
        and twins.is_counted
where uncounted.has_amount and not uncounted.is_counted and twins.event_key is null
