-- One day x currency x vendor x trailing window, by EVENT date: receipts charged back in the window / sales made in it.
-- key: report_date, currency, vendor, window_days
-- explained by stg_rate_days: currency, vendor where source.measure in ('sale', 'chargeback', 'standing') and source.entered_date <= target.report_date and (source.entered_date > target.report_date - target.window_days or source.entered_date = (select max(l.entered_date) from stg_rate_days as l where l.measure in ('sale', 'chargeback', 'standing') and l.entered_date <= target.report_date and l.currency is not distinct from target.currency and l.vendor is not distinct from target.vendor))
-- explained by stg_today: all
with changes as (
    select * from stg_window_changes
    where measure in ('sale', 'chargeback', 'standing') and window_days in (7, 14, 30, 60, 90)
),

today as (
    select * from stg_today
),

groups as (
    select
        currency,
        vendor,
        window_days,
        min(report_date) as first_date
    from changes
    group by currency, vendor, window_days
),

spine as (
    select
        groups.currency,
        groups.vendor,
        groups.window_days,
        cast(unnest(generate_series(groups.first_date, today.today, interval '1' day)) as date) as report_date
    from groups
    cross join today
),

daily as (
    select
        currency,
        vendor,
        window_days,
        report_date,
        sum(receipt_change) filter (where measure = 'sale') as sale_change,
        sum(rebill_change) filter (where measure = 'sale') as rebill_change,
        sum(receipt_change) filter (where measure = 'chargeback') as chargeback_change,
        sum(receipt_change) filter (where measure = 'standing') as standing_change
    from changes
    group by currency, vendor, window_days, report_date
),

running as (
    select
        spine.report_date,
        spine.currency,
        spine.vendor,
        spine.window_days,
        coalesce(sum(daily.sale_change) over so_far, 0) as sale_count,
        coalesce(sum(daily.rebill_change) over so_far, 0) as rebill_count,
        coalesce(sum(daily.chargeback_change) over so_far, 0) as chargeback_count,
        coalesce(sum(daily.standing_change) over so_far, 0) as standing_count
    from spine
    left join daily
        on
            spine.currency is not distinct from daily.currency
            and spine.vendor is not distinct from daily.vendor
            and spine.window_days = daily.window_days
            and spine.report_date = daily.report_date
    window so_far as (
        partition by spine.currency, spine.vendor, spine.window_days
        order by spine.report_date
        rows between unbounded preceding and current row
    )
)

select
    report_date, -- last day of the window, in the report zone
    currency, -- ISO 4217; NULL where none was said
    vendor, -- seller's nickname
    window_days, -- length of the window: 7, 14, 30, 60 or 90 days
    cast(sale_count as bigint) as sale_count, -- sales made in the window, initial sales and rebills together
    cast(rebill_count as bigint) as rebill_count, -- the rebills among them
    cast(chargeback_count as bigint) as chargeback_count, -- distinct receipts charged back in the window
    cast(chargeback_count as double) / nullif(cast(sale_count as double), 0) as chargeback_rate, -- fraction; NULL without sales; disputes that were reversed or won later stay in it
    cast(standing_count as bigint) as standing_chargeback_count, -- distinct receipts with a dispute of the window that was not reversed or won later
    cast(standing_count as double) / nullif(cast(sale_count as double), 0) as cbr_net, -- standing_chargeback_count / sale_count; NULL without sales
    sale_count < 100 as is_small_sample -- under 100 sales the rate swings
from running
