-- One event of a subscription, with all that is known of it by then.
-- key: vendor, root_receipt, step
-- refresh by: root_receipt
with life as (
    select * from fct_subscription_events
    where not is_orphan
),

-- At one instant a payment comes first, and a notice of the end last.
ordered as (
    select
        *,
        row_number() over (
            partition by root_receipt, vendor
            order by
                occurred_at,
                list_position(
                    [
                        'started', 'paid', 'completed', 'changed', 'payment_failed', 'uncancelled', 'cancelled', 'refunded',
                        'charged_back'
                    ],
                    event
                ),
                receipt, payment_number, next_payment_date, price_amount, amount, is_free, is_ending, payments_planned
        ) as step
    from life
),

dated as (
    select
        *,
        lag(case when event = 'paid' then occurred_date end ignore nulls) over by_step as previous_paid_date,
        lag(case when event = 'paid' then is_free end ignore nulls) over by_step as is_previous_free,
        count(*) filter (where event = 'paid') over by_step as payments_count,
        count(*) filter (where event in ('paid', 'uncancelled')) over by_step as confirmed_count,
        list(occurred_at) filter (where event = 'refunded') over (partition by root_receipt, vendor) as refunded_instants,
        list(occurred_at) filter (where event = 'charged_back') over (partition by root_receipt, vendor)
            as charged_back_instants
    from ordered
    window by_step as (partition by root_receipt, vendor order by step)
),

-- A gap after a trial's payment says nothing of the cadence, nor do two payments of one day.
gapped as (
    select
        *,
        case
            when event = 'paid' and not is_previous_free and occurred_date > previous_paid_date
                then occurred_date - previous_paid_date
        end as gap_days,
        case when event = 'paid' and not is_free then next_payment_date - occurred_date end as told_gap_days
    from dated
),

carried as (
    select
        *,
        cast(
            coalesce(
                floor(median(gap_days) over by_step + 0.5),
                last_value(told_gap_days ignore nulls) over by_step
            ) as integer
        ) as cadence_days,
        bool_or(event = 'paid' and not is_free) over by_step as has_paid,
        count(*) filter (where event = 'paid' and not is_free) over by_step as paid_payments_count,
        count(*) filter (where event = 'uncancelled') over by_step as uncancel_count,
        bool_or(event = 'completed') over since_payment as is_completed,
        last_value(price_amount ignore nulls) over by_step as price_amount_by_then,
        last_value(payments_planned ignore nulls) over by_step as payments_planned_by_then,
        max(case when event = 'paid' then occurred_at end) over by_step as last_paid_at,
        max(case when event = 'paid' then occurred_date end) over by_step as last_paid_date,
        max(case when event = 'uncancelled' then occurred_at end) over by_step as last_uncancelled_at,
        max(case when event = 'uncancelled' then occurred_date end) over since_payment as uncancelled_date,
        min(case when event = 'payment_failed' then occurred_at end) over since_payment as failed_at,
        list(occurred_at) filter (where event = 'cancelled') over by_step as cancelled_instants,
        min(case when is_ending then occurred_at end) over since_confirmed as reversed_at,
        first_value(case when is_ending then event end ignore nulls) over since_confirmed as reversed_by,
        last_value(next_payment_date ignore nulls) over since_payment as told_due_date
    from gapped
    window
        by_step as (partition by root_receipt, vendor order by step rows unbounded preceding),
        since_payment as (partition by root_receipt, vendor, payments_count order by step rows unbounded preceding),
        since_confirmed as (partition by root_receipt, vendor, confirmed_count order by step rows unbounded preceding)
),

-- A payment takes back a cancellation, unless it was on its way: it comes within a day. A later one is due when a body says so,
-- else after the cadence, and never before the day on which a cancellation was taken back.
standing as (
    select
        *,
        list_min(
            list_filter(
                cancelled_instants,
                lambda t: coalesce(t >= last_uncancelled_at, true) and coalesce(t >= last_paid_at - interval '24' hour, true)
            )
        ) as cancelled_at,
        greatest(coalesce(told_due_date, last_paid_date + cadence_days), uncancelled_date) as next_due_date,
        coalesce(told_due_date, last_paid_date + cadence_days) is not null as is_due_known
    from carried
    where payments_count > 0
)

select
    vendor,
    root_receipt,
    item_no,
    subscription_currency as currency,
    step, -- its place in the life of the subscription
    event,
    occurred_at,
    occurred_date,
    lead(occurred_date) over (partition by root_receipt, vendor order by step) as next_occurred_date,
    payments_count,
    paid_payments_count, -- those above 0
    payments_planned_by_then as payments_planned,
    price_amount_by_then as price_amount,
    cadence_days,
    case when is_due_known then next_due_date end as next_due_date,
    has_paid,
    is_completed,
    uncancel_count,
    cancelled_at, -- the first notice that still stands
    failed_at, -- a declined charge since the last payment
    reversed_at, -- a reversal of all that was paid, with no payment since
    case
        when is_completed then 'completed'
        when reversed_at is not null then case reversed_by when 'refunded' then 'refund' else 'chargeback' end
        when cancelled_at is null then null
        when len(list_filter(refunded_instants, lambda t: t between cancelled_at - interval '24' hour and cancelled_at + interval '24' hour)) > 0
            then 'refund'
        when len(list_filter(charged_back_instants, lambda t: t between cancelled_at - interval '24' hour and cancelled_at + interval '24' hour)) > 0
            then 'chargeback'
        when failed_at <= cancelled_at then 'payment_failure'
        when is_due_known and report_date(cancelled_at) - next_due_date between 13 and 16 then 'payment_failure'
        else 'request'
    end as end_cause
from standing
