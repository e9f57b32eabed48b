-- One day x currency x vendor x trailing window: its sales and reversals.
-- key: report_date, currency, vendor, window_days
-- stored by: report_date
-- refresh by: report_date
-- affected by int_rate_days: select cast(unnest(generate_series(entered_date, entered_date + 89, interval '1' day)) as date) as report_date from changed
-- reads int_rate_days: entered_date in (select keys.report_date - steps.step from keys cross join (select cast(unnest(range(90)) as integer) as step) as steps)
-- A receipt reversed twice inside one window counts once: its earlier entry ends when the later begins. An entry that
-- enters a window also leaves it, so entries older than the longest window add nothing.
with days as (
    select * from int_rate_days
),

spine as (
    select * from int_rate_spine
),

windows as (
    select cast(unnest([1, 7, 14, 30, 60, 90]) as integer) as window_days
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
        currency,
        vendor,
        window_days,
        entered_date as report_date,
        measure,
        receipt_count as receipt_change,
        rebill_count as rebill_change,
        amount as amount_change
    from entered
    union all
    select
        currency,
        vendor,
        window_days,
        least(left_date, next_date) as report_date,
        measure,
        -receipt_count as receipt_change,
        -rebill_count as rebill_change,
        cast(0 as decimal(18, 4)) as amount_change
    from entered
    union all
    select
        currency,
        vendor,
        window_days,
        left_date as report_date,
        measure,
        0 as receipt_change,
        0 as rebill_change,
        -amount as amount_change
    from entered
),

-- Days on which something changes, and days of the spine, on which nothing does.
daily as (
    select
        currency,
        vendor,
        window_days,
        report_date,
        false as is_in_spine,
        false as has_chargeback_rate,
        sum(receipt_change) filter (where measure = 'sale') as sale_change,
        sum(rebill_change) filter (where measure = 'sale') as rebill_change,
        sum(amount_change) filter (where measure = 'sale') as gross_change,
        sum(receipt_change) filter (where measure = 'refund') as refund_change,
        sum(amount_change) filter (where measure = 'refund') as refund_amount_change,
        sum(receipt_change) filter (where measure = 'chargeback') as chargeback_change,
        sum(receipt_change) filter (where measure = 'standing') as standing_change,
        sum(receipt_change) filter (where measure = 'reversal') as reversed_change
    from changes
    group by currency, vendor, window_days, report_date
    union all by name
    select
        spine.currency,
        spine.vendor,
        windows.window_days,
        spine.report_date,
        true as is_in_spine,
        spine.has_chargeback_rate
    from spine
    cross join windows
),

running as (
    select
        report_date,
        currency,
        vendor,
        window_days,
        is_in_spine,
        has_chargeback_rate,
        sum(sale_change) over so_far as sale_count,
        sum(rebill_change) over so_far as rebill_count,
        sum(gross_change) over so_far as gross_sales,
        sum(refund_change) over so_far as refund_count,
        sum(refund_amount_change) over so_far as refund_amount,
        sum(chargeback_change) over so_far as chargeback_count,
        sum(standing_change) over so_far as standing_count,
        sum(reversed_change) over so_far as reversed_count
    from daily
    window so_far as (
        partition by currency, vendor, window_days
        order by report_date
        range between unbounded preceding and current row
    )
)

select
    report_date, -- last day of the window
    currency,
    vendor,
    window_days, -- length of the window
    has_chargeback_rate, -- a sale or chargeback came before, or on that day
    cast(coalesce(sale_count, 0) as bigint) as sale_count,
    cast(coalesce(rebill_count, 0) as bigint) as rebill_count,
    cast(coalesce(gross_sales, 0) as decimal(18, 4)) as gross_sales,
    cast(coalesce(refund_count, 0) as bigint) as refund_count, -- distinct payments, as all below
    cast(coalesce(refund_amount, 0) as decimal(18, 4)) as refund_amount,
    cast(coalesce(chargeback_count, 0) as bigint) as chargeback_count,
    cast(coalesce(standing_count, 0) as bigint) as standing_count,
    cast(coalesce(reversed_count, 0) as bigint) as reversed_count
from running
where is_in_spine
