-- The day that subscriptions are as of: the report's today, or the day of the latest notice of a subscription if that is later.
-- key: -
-- explained by int_today: all
-- explained by int_subscription_notices: where source.known_date >= target.today
with notices as (
    select max(known_date) as latest_date from int_subscription_notices
),

today as (
    select * from int_today
)

select greatest(today.today, notices.latest_date) as today
from today
cross join notices
