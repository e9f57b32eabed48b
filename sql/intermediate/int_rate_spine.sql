-- One day x currency x vendor, from the first day on which anything happened there to the day the tables are as of.
-- key: report_date, currency, vendor
-- Small for any number of events: a rate exists on days without any, too.
with groups as (
    select * from int_rate_groups
),

today as (
    select * from int_today
),

spine as (
    select
        groups.*,
        cast(unnest(generate_series(groups.first_date, today.today, interval '1' day)) as date) as report_date
    from groups
    cross join today
)

select
    report_date,
    currency,
    vendor,
    coalesce(report_date >= first_chargeback_rate_date, false) as has_chargeback_rate -- a sale or chargeback came before
from spine
