-- How does the refund rate move, by event date and by cohort?
-- 26 weeks, all vendors and currencies together: receipts are counted here, no money is added up.
with last_day as (
    select max(report_date) as report_date from refund_rates
),

-- By event date, as ClickBank shows it: refunds of the last 30 days / sales of the last 30 days, as the week ended. It dips
-- when sales rise and jumps when they fall.
week_ends as (
    select
        cast(date_trunc('week', report_date) as date) as week,
        max(report_date) as report_date
    from refund_rates
    group by date_trunc('week', report_date)
),

event_rates as (
    select
        week_ends.week,
        sum(rates.refund_count) / nullif(sum(rates.sale_count), 0) as refund_rate
    from refund_rates as rates
    inner join week_ends on rates.report_date = week_ends.report_date
    where rates.window_days = 30
    group by week_ends.week
),

-- Cohort: of the sales of a week, how many came back within 30 days. A week with a younger day has no rate yet.
cohort_rates as (
    select
        cast(date_trunc('week', sold_date) as date) as week,
        sum(cohort_sales) as sales,
        case when bool_and(is_mature) then sum(refunded_sales) / nullif(sum(cohort_sales), 0) end as refund_rate
    from refund_cohorts
    where horizon_days = 30
    group by date_trunc('week', sold_date)
)

select
    event_rates.week,
    cast(coalesce(cohort_rates.sales, 0) as bigint) as "sales of the week",
    floor(round(10000 * event_rates.refund_rate, 6)) / 100 as "rate by event date %",
    floor(round(10000 * cohort_rates.refund_rate, 6)) / 100 as "rate of the cohort %"
from event_rates
cross join last_day
left join cohort_rates on event_rates.week = cohort_rates.week
where event_rates.week > last_day.report_date - 182
order by event_rates.week desc
