-- One subscription: a seller's root receipt with the item of its first recurring line, and its state as of today.
-- key: vendor, root_receipt, item_no
-- stored by: started_date
-- refresh by: root_receipt
-- affected by int_subscription_today: select root_receipt from int_subscription_spans where from_date between (select min(today) from changed) and (select max(today) from changed)
-- explained by int_subscription_spans: root_receipt, vendor
-- explained by int_subscription_payments: root_receipt, vendor
-- explained by int_subscription_today: all
-- A change of plan keeps it. Today is that of the reports, or the day of the latest notice if that is later.
with spans as (
    select * from int_subscription_spans
),

payments as (
    select * from int_subscription_payments
),

today as (
    select * from int_subscription_today
),

firsts as (
    select
        root_receipt,
        vendor,
        min(sold_at) as started_at,
        bool_or(not is_rebill) as has_known_start,
        first(is_free order by sold_at, receipt, payment) as is_trial_start
    from payments
    group by root_receipt, vendor
),

latest as (
    select
        spans.*,
        firsts.started_at,
        firsts.has_known_start,
        firsts.is_trial_start
    from spans
    inner join firsts
        on spans.root_receipt = firsts.root_receipt and spans.vendor is not distinct from firsts.vendor
    cross join today
    where coalesce(spans.from_date <= greatest(today.today, report_date(firsts.started_at)), true)
    qualify row_number() over (partition by spans.root_receipt, spans.vendor order by spans.step desc, spans.part desc) = 1
)

select
    vendor, -- the seller
    root_receipt, -- the receipt of its first payment
    item_no, -- product of the first recurring line, as sent; NULL where none was said
    currency, -- ISO 4217; NULL where none was said
    started_at, -- its first payment that is known
    report_date(started_at) as started_date, -- the same in the report zone
    has_known_start, -- the sale has arrived; false where only rebills have
    is_trial_start, -- its first payment was of nothing
    cast(cadence_days as integer) as cadence_days, -- days from payment to payment: the median gap, else to the date told for the next one; NULL where neither is known
    payments_count, -- payments, those of nothing included
    paid_payments_count, -- payments above 0
    payments_planned, -- payments of an installment plan; NULL where it has no end, or none is told
    price_amount as rebill_amount, -- the last known recurring price, without tax
    next_due_date, -- when the next payment is due, or would be; NULL where that is not known
    case when has_paid then next_due_date - 1 end as paid_through_date, -- the last day that is paid
    cancelled_at, -- the first notice of a cancellation that still stands
    ended_at, -- when it ended, lapsed or completed; NULL while it runs
    end_cause, -- refund, chargeback, payment_failure, request, lapsed (inferred) or completed; known as soon as it is cancelled
    state, -- trial, active, past_due, cancelled_paid, ended, lapsed or completed
    case
        when state in ('cancelled_paid', 'ended') and cancelled_at is not null then 'told'
        when state = 'past_due' and failed_at is not null then 'told'
        else 'inferred'
    end as state_basis, -- told by a notice, or inferred from payments and their absence
    case
        when has_known_start and cancelled_at is not null
            then greatest(date_diff('day', report_date(started_at), report_date(cancelled_at)), 0)
    end as days_to_cancellation, -- days in the report zone from the start to cancelled_at, never below 0
    uncancel_count -- notices that took a cancellation back
from latest
