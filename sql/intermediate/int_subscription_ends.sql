-- One month x seller x item x currency with subscriptions, from the first one to today.
-- key: month, vendor, item_no, currency
-- materialized: no
with spans as (
    select * from int_subscription_spans
),

today as (
    select * from int_subscription_today
),

firsts as (
    select
        vendor,
        item_no,
        currency,
        date_trunc('month', min(from_date)) as first_month
    from spans
    group by vendor, item_no, currency
),

months as (
    select
        firsts.vendor,
        firsts.item_no,
        firsts.currency,
        today.today,
        unnest(
            generate_series(
                cast(firsts.first_month as timestamp), cast(date_trunc('month', today.today) as timestamp), interval '1' month
            )
        ) as begins_at
    from firsts
    cross join today
)

select
    cast(begins_at as date) as month,
    vendor,
    item_no,
    currency,
    least(cast(begins_at + interval '1' month as date) - 1, today) as end_date, -- its last day, or today
    cast(begins_at + interval '1' month as date) <= today as is_complete -- all its days are over
from months
