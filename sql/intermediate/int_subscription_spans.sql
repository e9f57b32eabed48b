-- One span of a subscription in one state, from an event on or from the day on which time alone changes the state. The state is
-- that at the end of each day; a span that ends on the day of its beginning was in force at the end of none.
-- key: vendor, root_receipt, step, part
-- refresh by: root_receipt
-- A change that time alone brings happens only where no event comes on that day.
with steps as (
    select
        *,
        subscription_state(occurred_date, is_completed, reversed_at, cancelled_at, has_paid, next_due_date) as first_state
    from int_subscription_steps
),

parts as (
    select
        *,
        unnest(range(3)) as part
    from steps
),

changes as (
    select
        *,
        case
            when part = 0 then occurred_date
            when first_state = 'cancelled_paid' and part = 1 then next_due_date
            when first_state in ('trial', 'active', 'past_due') and part = 2 then next_due_date + 17
            when first_state = 'active' and part = 1 then next_due_date + 1
        end as from_date
    from parts
),

spans as (
    select
        * exclude (first_state),
        case
            when part = 0 then first_state
            else subscription_state(from_date, is_completed, reversed_at, cancelled_at, has_paid, next_due_date)
        end as state,
        case
            when part = 0 then occurred_at
            else local_instant(getvariable('report_zone'), cast(from_date as timestamp))
        end as from_at
    from changes
    where from_date is not null and (part = 0 or coalesce(from_date < next_occurred_date, true))
),

marked as (
    select
        *,
        state in ('active', 'past_due', 'cancelled_paid') as is_active,
        state in ('ended', 'lapsed', 'completed') as is_over
    from spans
),

compared as (
    select
        *,
        coalesce(lag(is_active) over by_span, false) as was_active,
        coalesce(bool_or(is_active) over (by_span rows between unbounded preceding and 1 preceding), false) as was_ever_active,
        count(*) filter (where not is_over) over (by_span rows unbounded preceding) as stay,
        lead(from_date) over by_span as until_date
    from marked
    window by_span as (partition by root_receipt, vendor order by step, part)
)

select
    vendor,
    root_receipt,
    item_no,
    currency,
    step,
    part, -- 0 from the event on; 1 and 2 where time alone changed the state
    from_at,
    from_date,
    until_date, -- the first day of the next span; NULL for the last
    state,
    is_active, -- active, past_due or cancelled_paid
    case
        when is_active and not was_active then case when was_ever_active then 'reactivated' else 'new' end
        when was_active and not is_active then case when state = 'completed' then 'completed' else 'churned' end
    end as change,
    case when state = 'lapsed' then 'lapsed' else end_cause end as end_cause,
    case when is_over then min(from_at) over (partition by root_receipt, vendor, stay, is_over) end as ended_at,
    payments_count,
    paid_payments_count,
    payments_planned,
    price_amount,
    cadence_days,
    next_due_date,
    has_paid,
    cancelled_at,
    failed_at,
    uncancel_count
from compared
