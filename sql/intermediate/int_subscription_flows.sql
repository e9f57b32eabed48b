-- One month x seller x item x currency: the subscriptions that became or ceased to be active in it, and in its last 30 days.
-- key: month, vendor, item_no, currency
-- materialized: no
with ends as (
    select * from int_subscription_ends
),

changes as (
    select * from int_subscription_spans
    where change is not null
),

entries as (
    select
        root_receipt,
        vendor,
        date_trunc('month', from_date) as new_month
    from changes
    where change = 'new'
),

dated as (
    select
        changes.*,
        changes.change = 'churned' and date_trunc('month', changes.from_date) = entries.new_month as is_new_and_churned
    from changes
    inner join entries
        on changes.root_receipt = entries.root_receipt and changes.vendor is not distinct from entries.vendor
),

counted as (
    select
        ends.month,
        ends.vendor,
        ends.item_no,
        ends.currency,
        dated.change,
        dated.end_cause,
        dated.is_new_and_churned,
        dated.from_date >= ends.month as is_in_month,
        dated.from_date > ends.end_date - 30 as is_recent
    from ends
    inner join dated
        on
            ends.vendor is not distinct from dated.vendor
            and ends.item_no is not distinct from dated.item_no
            and ends.currency is not distinct from dated.currency
            and ends.end_date >= dated.from_date
            and least(ends.month - 1, ends.end_date - 30) < dated.from_date
)

select
    month,
    vendor,
    item_no,
    currency,
    count(*) filter (where is_in_month and change = 'new') as new_count,
    count(*) filter (where is_in_month and change = 'reactivated') as reactivated_count,
    count(*) filter (where is_in_month and change = 'completed') as completed_count,
    count(*) filter (where is_in_month and change = 'churned') as churned_count,
    count(*) filter (where is_in_month and change = 'churned' and end_cause in ('request', 'refund')) as voluntary_count,
    count(*) filter (where is_in_month and change = 'churned' and end_cause = 'lapsed') as lapsed_count,
    count(*) filter (where is_in_month and is_new_and_churned) as new_and_churned_count,
    count(*) filter (where is_recent and change = 'new') as recent_new_count,
    count(*) filter (where is_recent and change = 'churned') as recent_churned_count
from counted
group by month, vendor, item_no, currency
