-- One day of a window that ends today: 30 days and 90 days.
-- key: window_days, day
-- materialized: no
-- Days are named one by one, so that DuckDB reads no older row of a table that it joins with them.
with today as (
    select * from int_today
),

windows as (
    select unnest([30, 90]) as window_days
)

select
    windows.window_days,
    cast(unnest(generate_series(today.today - (windows.window_days - 1), today.today, interval '1' day)) as date) as day
from windows
cross join today
