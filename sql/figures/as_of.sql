-- How far the tables reach: the moment they are as of, its day in the report zone, and the first day there is.
-- The one definition of `today` for every figure: the day up to which rates exist. An event dated later than every receipt
-- counts in its own period once that has come; before the first day with a rate, it is the latest day there is.
with instants as (
    select max(sold_at) as latest_at from fct_sales
    union all
    select max(refunded_at) from fct_refunds
    union all
    select max(charged_back_at) from fct_chargebacks
),

received as (
    select max(last_received_at) as latest_at from events
    where status = 'mapped' and event_type in ('sale.created', 'refund.processed', 'chargeback.received')
),

days as (
    select
        max(report_date) as last_date,
        min(report_date) as first_date
    from daily_sales
)

select
    (select least(max(instants.latest_at), max(received.latest_at)) from instants cross join received) as latest_at,
    coalesce((select max(report_date) from refund_rates), last_date) as today,
    first_date
from days
