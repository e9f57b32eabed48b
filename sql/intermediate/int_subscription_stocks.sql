-- One month x seller x item x currency: the subscriptions in each state at its end, and 30 days before that.
-- key: month, vendor, item_no, currency
-- materialized: no
with ends as (
    select * from int_subscription_ends
),

spans as (
    select
        *,
        monthly_amount(price_amount, cadence_days) as monthly_amount
    from int_subscription_spans
    where is_active or state = 'trial'
),

dates as (
    select
        *,
        unnest([end_date, end_date - 30]) as at_date
    from ends
),

-- A span is in force at the end of each of its days but the last.
counted as (
    select
        dates.month,
        dates.vendor,
        dates.item_no,
        dates.currency,
        dates.at_date = dates.end_date as is_end,
        spans.state,
        spans.is_active,
        spans.monthly_amount
    from dates
    inner join spans
        on
            dates.vendor is not distinct from spans.vendor
            and dates.item_no is not distinct from spans.item_no
            and dates.currency is not distinct from spans.currency
            and dates.at_date >= spans.from_date
            and dates.at_date < coalesce(spans.until_date, date '9999-12-31')
)

select
    month,
    vendor,
    item_no,
    currency,
    count(*) filter (where is_end and is_active) as active_count,
    count(*) filter (where is_end and state = 'trial') as trial_count,
    count(*) filter (where is_end and state = 'past_due') as past_due_count,
    count(*) filter (where is_end and state = 'cancelled_paid') as cancelled_paid_count,
    count(*) filter (where is_end and is_active and monthly_amount is null) as unknown_mrr_count,
    sum(monthly_amount) filter (where is_end and is_active) as mrr,
    count(*) filter (where not is_end and is_active) as earlier_active_count
from counted
group by month, vendor, item_no, currency
