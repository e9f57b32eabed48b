-- What was received, and what became of it?
-- Deliveries = events + repeats; a repeat is in no table twice.
select
    status,
    count(*) as events,
    cast(sum(delivery_count) as bigint) as deliveries,
    cast(sum(delivery_count) - count(*) as bigint) as repeats
from events
group by status
order by events desc, status
