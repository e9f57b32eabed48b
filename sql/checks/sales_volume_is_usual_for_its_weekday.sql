-- A day far above or below the same weekdays before it: a feed stopped, or something is sent twice under new names.
-- severity: warning
-- The latest complete day is the day before int_today.today. It is set against the same weekday of up to eight weeks
-- before it; days before the first sale do not count, days without a sale count as zero; fewer than four say nothing.
-- Unusual: abs(sales - median) > 3.5 * greatest(1.4826 * MAD, sqrt(median), 1). The root is the noise of any count.
with day_sales as (
    select
        report_date,
        sum(coalesce(sale_count, 0) + coalesce(rebill_count, 0)) as sale_count
    from daily_sales
    group by report_date
),

first_sale as (
    select min(report_date) as first_date from day_sales
where sale_count > 0
),

numbers as (
    select unnest([0, 1, 2, 3, 4, 5, 6, 7, 8]) as weeks_ago
),

weeks as (
    select numbers.weeks_ago, int_today.today - 1 - 7 * numbers.weeks_ago as report_date from numbers cross join int_today
),

weekdays as (
    select weeks.weeks_ago, weeks.report_date, cast(coalesce(day_sales.sale_count, 0) as double) as sale_count
    from weeks
    inner join first_sale on weeks.report_date >= first_sale.first_date
    left join day_sales on weeks.report_date = day_sales.report_date
),

usual as (
    select median(sale_count) as median_count, mad(sale_count) as mad_count from weekdays
    where weeks_ago > 0
    having count(*) >= 4
)

select weekdays.report_date, weekdays.sale_count, usual.median_count
from weekdays cross join usual
where weekdays.weeks_ago = 0 and abs(weekdays.sale_count - usual.median_count)
    > 3.5 * greatest(1.4826 * usual.mad_count, sqrt(usual.median_count), 1)
