-- One change of a trailing window's contents: what enters or leaves the window of a length on a day.
-- key: measure, currency, vendor, window_days, report_date
-- A receipt reversed twice inside one window counts once: its earlier entry ends when the later begins.
with days as (
    select * from stg_rate_days
),

windows as (
    select unnest([1, 7, 14, 30, 60, 90]) as window_days
),

entered as (
    select
        days.*,
        windows.window_days,
        cast(days.entered_date + windows.window_days * interval '1' day as date) as left_date
    from days
    cross join windows
),

changes as (
    select
        measure,
        currency,
        vendor,
        window_days,
        entered_date as report_date,
        receipt_count as receipt_change,
        rebill_count as rebill_change,
        amount as amount_change
    from entered
    union all
    select
        measure,
        currency,
        vendor,
        window_days,
        least(left_date, coalesce(next_date, left_date)) as report_date,
        -receipt_count as receipt_change,
        -rebill_count as rebill_change,
        cast(0 as decimal(18, 4)) as amount_change
    from entered
    union all
    select
        measure,
        currency,
        vendor,
        window_days,
        left_date as report_date,
        0 as receipt_change,
        0 as rebill_change,
        -amount as amount_change
    from entered
)

select
    measure, -- as stg_rate_days has it
    currency,
    vendor,
    cast(window_days as integer) as window_days, -- length of the window
    report_date,
    cast(sum(receipt_change) as bigint) as receipt_change, -- receipts that enter less those that leave
    cast(sum(rebill_change) as bigint) as rebill_change, -- the rebills among them
    cast(sum(amount_change) as decimal(18, 4)) as amount_change -- the same for their amounts
from changes
group by measure, currency, vendor, window_days, report_date
