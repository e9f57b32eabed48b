-- The rows that a night adds to restatements: days that were over in the previous night and have other figures now.
-- key: night_date, report_date, currency, vendor
with restated as (
    select * from nightly_figures
    where
        night_date = getvariable('night_date')
        and period = 'day'
        and period_date < getvariable('previous_night_date')
),

known_figures as (
    select * from nightly_figures
    where night_date < getvariable('night_date') and period = 'day'
    qualify row_number() over (partition by period_date, currency, vendor order by night_date desc) = 1
),

causes as (
    select
        report_date,
        currency,
        vendor,
        count(*) as event_count
    from restatement_events
    where night_date = getvariable('night_date')
    group by report_date, currency, vendor
)

select
    restated.night_date,
    getvariable('previous_night_date') as previous_night_date,
    restated.period_date as report_date,
    restated.currency,
    restated.vendor,
    coalesce(causes.event_count, 0) as event_count,
    restated.sale_count - coalesce(known_figures.sale_count, 0) as sale_count_change,
    restated.rebill_count - coalesce(known_figures.rebill_count, 0) as rebill_count_change,
    restated.gross_sales - coalesce(known_figures.gross_sales, 0) as gross_sales_change,
    restated.refund_count - coalesce(known_figures.refund_count, 0) as refund_count_change,
    restated.refund_amount - coalesce(known_figures.refund_amount, 0) as refund_amount_change,
    restated.chargeback_count - coalesce(known_figures.chargeback_count, 0) as chargeback_count_change,
    restated.chargeback_amount - coalesce(known_figures.chargeback_amount, 0) as chargeback_amount_change,
    coalesce(known_figures.net_sales, 0) as net_sales_before,
    restated.net_sales as net_sales_after,
    restated.net_sales - coalesce(known_figures.net_sales, 0) as net_sales_change
from restated
left join known_figures
    on restated.period_date = known_figures.period_date
    and restated.currency is not distinct from known_figures.currency
    and restated.vendor is not distinct from known_figures.vendor
left join causes
    on restated.period_date = causes.report_date
    and restated.currency is not distinct from causes.currency
    and restated.vendor is not distinct from causes.vendor
