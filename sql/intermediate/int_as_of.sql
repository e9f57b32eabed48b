-- The moment the tables are as of: the latest mapped sale, refund or chargeback, never the wall clock.
-- key: -
-- explained by fct_sales: sold_at as as_of_at
-- explained by fct_refunds: refunded_at as as_of_at
-- explained by fct_chargebacks: charged_back_at as as_of_at
with sales as (
    select max(sold_at) as latest_at from fct_sales
),

refunds as (
    select max(refunded_at) as latest_at from fct_refunds
),

chargebacks as (
    select max(charged_back_at) as latest_at from fct_chargebacks
),

latest as (
    select * from sales
    union all
    select * from refunds
    union all
    select * from chargebacks
)

select max(latest_at) as as_of_at
from latest
