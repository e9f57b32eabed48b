-- Nothing that was acknowledged is lost or counted twice: the deliveries of all events are the raw events.
-- severity: blocking
with raw_deliveries as (
    select count(*) as delivery_count from raw_events
),

event_deliveries as (
    select coalesce(sum(delivery_count), 0) as delivery_count from events
)

select
    raw_deliveries.delivery_count as raw_count,
    event_deliveries.delivery_count as event_count
from raw_deliveries
cross join event_deliveries
where raw_deliveries.delivery_count != event_deliveries.delivery_count
