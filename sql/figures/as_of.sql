-- How far the tables reach: the latest event on record, its day in the report zone, and the first day there is.
with instants as (
    select max(sold_at) as latest_at from fct_sales
    union all
    select max(refunded_at) from fct_refunds
    union all
    select max(charged_back_at) from fct_chargebacks
)

select
    (select max(latest_at) from instants) as latest_at,
    max(report_date) as today,
    min(report_date) as first_date
from daily_sales
