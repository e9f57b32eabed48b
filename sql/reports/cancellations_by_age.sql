-- One seller x item x age: how old subscriptions were when they were cancelled, by the notices that stand.
-- key: vendor, item_no, age_days
-- explained by fct_subscriptions: vendor, item_no
-- Ages are days in the report zone from the start to the first notice that was not taken back. Trials and installment plans are
-- included, each with a column of its own, as in ClickBank's own report.
with subscriptions as (
    select * from fct_subscriptions
),

ages (age_days, from_days, to_days) as (
    values
    ('0', 0, 0),
    ('1-7', 1, 7),
    ('8-14', 8, 14),
    ('15-30', 15, 30),
    ('31-60', 31, 60),
    ('61-90', 61, 90),
    ('91-180', 91, 180),
    ('181+', 181, null),
    ('unknown', null, null)
),

items as (
    select distinct
        vendor,
        item_no
    from subscriptions
),

cancelled as (
    select
        *,
        paid_payments_count = 0 as is_trial
    from subscriptions
    where cancelled_at is not null
),

counted as (
    select
        items.vendor,
        items.item_no,
        ages.age_days,
        ages.from_days,
        ages.to_days,
        count(cancelled.root_receipt) as cancellation_count,
        count(cancelled.root_receipt) filter (where cancelled.is_trial) as trial_count,
        count(cancelled.root_receipt) filter (where cancelled.payments_planned is not null) as installment_count,
        count(cancelled.root_receipt) filter (where cancelled.end_cause in ('request', 'refund')) as voluntary_count
    from items
    cross join ages
    left join cancelled
        on
            items.vendor is not distinct from cancelled.vendor
            and items.item_no is not distinct from cancelled.item_no
            and case
                when cancelled.days_to_cancellation is null then ages.age_days = 'unknown'
                else cancelled.days_to_cancellation between ages.from_days and coalesce(ages.to_days, cancelled.days_to_cancellation)
            end
    group by items.vendor, items.item_no, ages.age_days, ages.from_days, ages.to_days
)

select
    vendor, -- the seller
    item_no, -- product of the first recurring line; NULL where none was said
    age_days, -- days from the start to the cancellation: 0, 1-7, 8-14, 15-30, 31-60, 61-90, 91-180, 181+, or unknown where the sale has not arrived
    cast(from_days as integer) as from_days, -- the first day of the age; to sort by
    cast(to_days as integer) as to_days, -- the last one; NULL for the oldest
    cancellation_count, -- subscriptions whose cancellation stands
    trial_count, -- of them, those that had paid nothing
    installment_count, -- of them, plans of a known number of payments
    voluntary_count, -- of them, by request or with a refund
    cancellation_count - voluntary_count as involuntary_count -- of them, by a failed payment or a chargeback
from counted
