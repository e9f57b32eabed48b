-- One threshold.reached that counts, with the instants and the scope our own figure is computed over.
-- key: event_key, item_index
-- refresh by: body_id
-- explained by int_event_items: body_id
-- The window ends before `measured_until_at`: where the sender's window ends, and never after the moment it was reached.
-- Bare dates are whole report days. A length alone (window_days) is the window that ends at that moment.
with event_items as (
    select * from int_event_items
    where event_type = 'threshold.reached'
),

items as (
    select * from stg_typed_items
),

alerts as (
    select
        event_items.event_key,
        items.*,
        case
            when items.is_day_precision then report_midnight(items.occurred_at, 1)
            else items.occurred_at + interval '1' microsecond
        end as reached_until_at,
        case when items.is_window_end_day then report_midnight(items.window_end, 1) else items.window_end end as ends_at
    from event_items
    inner join items on event_items.body_id = items.body_id and event_items.item_index = items.item_index
),

-- A day is a day of the calendar, also where a clock is put forward or back.
bounded as (
    select
        *,
        case
            when window_start is not null then window_start
            when window_days is not null
                then days_before(
                    coalesce(ends_at, case when is_day_precision then reached_until_at else occurred_at end), window_days
                )
            when window_seconds is not null
                then coalesce(ends_at, case when is_day_precision then reached_until_at else occurred_at end)
                    - to_seconds(window_seconds)
        end as measured_from_at,
        case
            when ends_at is not null then ends_at
            when window_start is null then null
            when window_days is not null then days_before(window_start, -window_days)
            when window_seconds is not null then window_start + to_seconds(window_seconds)
        end as said_until_at
    from alerts
),

measured as (
    select
        *,
        least(said_until_at, reached_until_at) as measured_until_at
    from bounded
)

select
    event_key,
    body_id,
    cast(item_index as integer) as item_index,
    occurred_at as reached_at,
    rule_id,
    rule_name,
    metric,
    comparator,
    threshold_value,
    claimed_value,
    is_claimed_percent,
    unit,
    scope_type,
    scope_value,
    window_start,
    window_end,
    window_label,
    severity,
    alert_state,
    currency,
    measured_from_at,
    measured_until_at,
    report_date(measured_from_at) as first_date,
    report_date(measured_until_at - interval '1' microsecond) as last_date,
    -- whether the window begins or ends inside these days
    measured_from_at > report_midnight(measured_from_at, 0) as is_first_date_cut,
    measured_until_at < report_midnight(measured_until_at - interval '1' microsecond, 1) as is_last_date_cut
from measured
