-- A sender repeats deliveries that it believes unanswered: many repeats mean that our answers are late or lost.
-- severity: warning
-- Counted are the events first received in the seven days before the latest delivery. More than a fifth of at least
-- a hundred deliveries is too many; repeats are never counted twice in any table, so this is about the connection.
with latest as (
    select max(last_received_at) as latest_at from events
),

recent as (
    select
        sum(events.delivery_count) as delivery_count,
        sum(events.delivery_count - 1) as repeat_count
    from events
    inner join latest on events.received_at > latest.latest_at - interval '168' hour
)

select
    delivery_count,
    repeat_count
from recent
where delivery_count >= 100 and repeat_count > 0.2 * delivery_count
