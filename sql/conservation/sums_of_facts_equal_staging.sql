-- Nothing is lost or doubled between staging and facts: the amounts of each kind, per currency, to the last digit.
-- severity: blocking
with sums as (
    select 'gross_amount' as measure, currency, gross_amount as difference from int_sales
    union all
    select 'gross_amount', currency, -gross_amount from fct_sales
    union all
    select 'account_amount', currency, account_amount from int_sales
    union all
    select 'account_amount', currency, -account_amount from fct_sales
    union all
    select 'refund_amount', currency, amount from int_reversals
    where event_type = 'refund.processed'
    union all
    select 'refund_amount', currency, -refund_amount from fct_refunds
    union all
    select 'chargeback_amount', currency, amount from int_reversals
    where event_type = 'chargeback.received'
    union all
    select 'chargeback_amount', told_currency, -told_amount from fct_chargebacks
)

select
    measure,
    currency,
    sum(difference) as difference
from sums
group by measure, currency
having coalesce(sum(difference), 0) != 0
