-- Distinct events received in each of the 24 hours up to `now`, an instant as text; an hour without any is 0.
with bounds as (
    select date_trunc('hour', cast(getvariable('now') as timestamptz)) as this_hour
),

hours as (
    select unnest(generate_series(this_hour - interval '23' hour, this_hour, interval '1' hour)) as hour
    from bounds
),

received as (
    select
        date_trunc('hour', received_at) as hour,
        count(*) as event_count
    from events
    where received_at >= (select this_hour - interval '23' hour from bounds)
    group by hour
)

select
    hours.hour,
    coalesce(received.event_count, 0) as event_count
from hours
left join received on hours.hour = received.hour
order by hours.hour
