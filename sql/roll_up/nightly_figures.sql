-- The rows that a night adds to nightly_figures: the rows of daily_sales that differ from the last night's.
-- key: night_date, period, period_date, currency, vendor
with days as (
    select * from daily_sales
    where report_date < getvariable('night_date')
),

-- Each day counts for itself and for its month.
days_of_periods as (
    select 'day' as period, report_date as period_date, * from days
    union all
    select 'month', cast(date_trunc('month', report_date) as date), * from days
),

current_figures as (
    select
        period,
        period_date,
        currency,
        vendor,
        sum(sale_count) as sale_count,
        sum(rebill_count) as rebill_count,
        sum(gross_sales) as gross_sales,
        sum(refund_count) as refund_count,
        sum(refund_amount) as refund_amount,
        sum(chargeback_count) as chargeback_count,
        sum(chargeback_amount) as chargeback_amount,
        sum(net_sales) as net_sales
    from days_of_periods
    group by period, period_date, currency, vendor
),

known_figures as (
    select * from nightly_figures
    qualify row_number() over (partition by period, period_date, currency, vendor order by night_date desc) = 1
),

-- One row per period: a period without a row on either side counts as zeros.
both_sides as (
    select
        coalesce(current_figures.period, known_figures.period) as period,
        coalesce(current_figures.period_date, known_figures.period_date) as period_date,
        coalesce(current_figures.currency, known_figures.currency) as currency,
        coalesce(current_figures.vendor, known_figures.vendor) as vendor,
        coalesce(current_figures.sale_count, 0) as sale_count,
        coalesce(current_figures.rebill_count, 0) as rebill_count,
        coalesce(current_figures.gross_sales, 0) as gross_sales,
        coalesce(current_figures.refund_count, 0) as refund_count,
        coalesce(current_figures.refund_amount, 0) as refund_amount,
        coalesce(current_figures.chargeback_count, 0) as chargeback_count,
        coalesce(current_figures.chargeback_amount, 0) as chargeback_amount,
        coalesce(current_figures.net_sales, 0) as net_sales,
        coalesce(known_figures.sale_count, 0) as known_sale_count,
        coalesce(known_figures.rebill_count, 0) as known_rebill_count,
        coalesce(known_figures.gross_sales, 0) as known_gross_sales,
        coalesce(known_figures.refund_count, 0) as known_refund_count,
        coalesce(known_figures.refund_amount, 0) as known_refund_amount,
        coalesce(known_figures.chargeback_count, 0) as known_chargeback_count,
        coalesce(known_figures.chargeback_amount, 0) as known_chargeback_amount
    from current_figures
    full outer join known_figures
        on current_figures.period = known_figures.period
        and current_figures.period_date = known_figures.period_date
        and current_figures.currency is not distinct from known_figures.currency
        and current_figures.vendor is not distinct from known_figures.vendor
)

select
    getvariable('night_date') as night_date,
    period,
    period_date,
    currency,
    vendor,
    sale_count,
    rebill_count,
    gross_sales,
    refund_count,
    refund_amount,
    chargeback_count,
    chargeback_amount,
    net_sales
from both_sides
where
    sale_count != known_sale_count
    or rebill_count != known_rebill_count
    or gross_sales != known_gross_sales
    or refund_count != known_refund_count
    or refund_amount != known_refund_amount
    or chargeback_count != known_chargeback_count
    or chargeback_amount != known_chargeback_amount
