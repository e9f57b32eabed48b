-- An amount without a currency is a group of its own and in no currency's totals.
-- severity: warning
select
    event_key,
    receipt
from fct_sales
where currency is null
union all
select
    event_key,
    receipt
from fct_refunds
where currency is null
union all
select
    event_key,
    receipt
from fct_chargebacks
where currency is null
