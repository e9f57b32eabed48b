-- One day x currency x vendor x trailing window, by EVENT date: receipts refunded in the window / sales made in it.
-- key: report_date, currency, vendor, window_days
-- explained by stg_rate_days: currency, vendor where source.measure in ('sale', 'refund', 'reversal') and source.entered_date <= target.report_date and (source.entered_date > target.report_date - target.window_days or source.entered_date = (select max(l.entered_date) from stg_rate_days as l where l.measure in ('sale', 'refund', 'reversal') and l.entered_date <= target.report_date and l.currency is not distinct from target.currency and l.vendor is not distinct from target.vendor))
-- explained by stg_today: all
-- ClickBank's own definition. For "of the sales made then, how many came back" see refund_cohorts.
with changes as (
    select * from stg_window_changes
    where measure in ('sale', 'refund', 'reversal') and window_days in (1, 7, 30, 60, 90)
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
        sum(amount_change) filter (where measure = 'sale') as gross_change,
        sum(receipt_change) filter (where measure = 'refund') as refund_change,
        sum(amount_change) filter (where measure = 'refund') as refund_amount_change,
        sum(receipt_change) filter (where measure = 'reversal') as reversed_change
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
        coalesce(sum(daily.refund_change) over so_far, 0) as refund_count,
        coalesce(sum(daily.gross_change) over so_far, 0) as gross_sales,
        coalesce(sum(daily.refund_amount_change) over so_far, 0) as refund_amount,
        coalesce(sum(daily.reversed_change) over so_far, 0) as reversed_count
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
    window_days, -- length of the window: 1, 7, 30, 60 or 90 days
    cast(sale_count as bigint) as sale_count, -- sales made in the window, initial sales and rebills together
    cast(rebill_count as bigint) as rebill_count, -- the rebills among them
    cast(refund_count as bigint) as refund_count, -- distinct receipts refunded in the window
    cast(refund_count as double) / nullif(cast(sale_count as double), 0) as refund_rate, -- fraction; NULL without sales; may exceed 1
    cast(gross_sales as decimal(18, 4)) as gross_sales, -- what customers paid in the window
    cast(refund_amount as decimal(18, 4)) as refund_amount, -- refunded in the window, positive
    cast(refund_amount as double) / nullif(cast(gross_sales as double), 0) as refund_rate_value, -- refund_amount / gross_sales; NULL without sales
    cast(reversed_count as bigint) as reversed_count, -- distinct receipts refunded or charged back in the window; by both counts once
    cast(reversed_count as double) / nullif(cast(sale_count as double), 0) as reversal_rate -- reversed_count / sale_count; NULL without sales; not the sum of refund_rate and chargeback_rate
from running
