-- The day the tables are as of, by the latest event.
-- key: -
with events as (
    select * from stg_events
)

select report_date(max(occurred_at)) as today
from events
