-- The day the tables are as of. Apart from the moment, so that models of days are not computed again with every event.
-- key: -
-- explained by int_as_of: all
with moment as (
    select * from int_as_of
)

select report_date(as_of_at) as today
from moment
