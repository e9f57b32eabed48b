-- Every distinct event is accounted for: mapped, quarantined with a reason, unhandled (with one if its type is known), or test.
-- severity: blocking
-- refresh by: event_key
select
    event_key,
    status,
    reason,
    is_test
from events
where
    status is null
    or status not in ('mapped', 'quarantined', 'unhandled', 'test')
    or (status = 'quarantined' and reason is null)
    or (status in ('mapped', 'test') and reason is not null)
    or (status = 'test') != is_test
