-- One started_month x seller x item x currency x payment: of the subscriptions begun in a month, how many made that payment.
-- key: started_month, vendor, item_no, currency, payment_number
-- stored by: started_month
-- explained by fct_subscriptions: vendor, item_no, currency where date_trunc('month', source.started_date) = target.started_month
-- explained by int_subscription_today: all
-- Payment 1 is the first above 0. A payment was due where it was made, or where 16 days have passed since its due date. Months
-- of the calendar play no part, so that weekly and yearly plans compare. An immature rate is NULL, never 0.
with subscriptions as (
    select
        *,
        cast(date_trunc('month', started_date) as date) as started_month
    from fct_subscriptions
    where has_known_start
),

today as (
    select * from int_subscription_today
),

longest as (
    select
        started_month,
        vendor,
        item_no,
        currency,
        max(paid_payments_count) as payments
    from subscriptions
    group by started_month, vendor, item_no, currency
),

numbers as (
    select
        * exclude (payments),
        unnest(generate_series(1, payments + 1)) as payment_number
    from longest
),

-- A plan of a few payments takes part as far as it goes.
judged as (
    select
        numbers.started_month,
        numbers.vendor,
        numbers.item_no,
        numbers.currency,
        numbers.payment_number,
        subscriptions.is_trial_start,
        subscriptions.paid_payments_count >= numbers.payment_number as is_paid,
        today.today - subscriptions.next_due_date > 16 + case
            when numbers.payment_number = subscriptions.paid_payments_count + 1 then 0
            else (numbers.payment_number - subscriptions.paid_payments_count - 1) * subscriptions.cadence_days
        end as is_due
    from numbers
    inner join subscriptions
        on
            numbers.started_month = subscriptions.started_month
            and numbers.vendor is not distinct from subscriptions.vendor
            and numbers.item_no is not distinct from subscriptions.item_no
            and numbers.currency is not distinct from subscriptions.currency
            and (
                numbers.payment_number <= subscriptions.paid_payments_count
                or (
                    subscriptions.state != 'completed'
                    and numbers.payment_number <= coalesce(subscriptions.payments_planned, numbers.payment_number)
                )
            )
    cross join today
),

counted as (
    select
        started_month,
        vendor,
        item_no,
        currency,
        payment_number,
        count(*) as subscription_count,
        count(*) filter (where is_paid or is_due) as due_count,
        count(*) filter (where is_paid) as paid_count,
        count(*) filter (where not is_paid and is_due is null) as unknown_due_count,
        count(*) filter (where is_trial_start) as trial_count,
        bool_and(is_paid or coalesce(is_due, true)) as is_mature
    from judged
    group by started_month, vendor, item_no, currency, payment_number
)

select
    started_month, -- month of the subscription's first payment, in the report zone
    vendor, -- the seller
    item_no, -- product of the first recurring line; NULL where none was said
    currency, -- ISO 4217; NULL where none was said
    payment_number, -- 1 for the first payment above 0
    subscription_count, -- subscriptions begun that month whose plan has this payment
    due_count, -- of them, those that made it or should have
    paid_count, -- of them, those that made it
    unknown_due_count, -- those that did not make it and whose due date is not known: they are in no rate
    trial_count, -- those that began with a payment of nothing
    case when is_mature then rate(paid_count, due_count) end as retention_rate, -- paid_count / due_count; NULL while immature
    is_mature -- the payment was due for each of them whose due date is known
from counted
