-- The event type says the direction: a negative refund would be added to net sales.
-- severity: blocking
-- refresh by: receipt
select
    event_key,
    refund_amount as amount
from fct_refunds
where refund_amount is null or refund_amount < 0 or days_to_refund < 0
union all
select
    event_key,
    chargeback_amount as amount
from fct_chargebacks
where (chargeback_amount is null and status = 'received') or chargeback_amount < 0 or days_to_chargeback < 0
