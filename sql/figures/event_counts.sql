-- Events received, by type and status; deliveries count repeats too.
select
    event_type,
    status,
    count(*) as event_count,
    cast(sum(delivery_count) as bigint) as delivery_count,
    max(received_at) as latest_at
from events
group by event_type, status
order by event_type nulls last, status
