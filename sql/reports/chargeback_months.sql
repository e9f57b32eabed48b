-- One calendar month x currency x vendor: chargebacks received / sales made, as card networks count.
-- key: month, currency, vendor
-- explained by int_rate_days: currency, vendor file explained/chargeback_months_by_int_rate_days.sql
-- explained by int_today: all
with days as (
    select * from int_rate_days
    where measure in ('sale', 'chargeback')
),

today as (
    select * from int_today
),

-- A receipt charged back twice in one month counts once: its last entry of the month.
activity as (
    select
        cast(date_trunc('month', entered_date) as date) as month,
        currency,
        vendor,
        case when measure = 'sale' then receipt_count else 0 end as sale_count,
        rebill_count,
        case
            when measure = 'chargeback' and (next_date is null or date_trunc('month', next_date) != date_trunc('month', entered_date))
                then receipt_count
            else 0
        end as chargeback_count
    from days
),

groups as (
    select
        currency,
        vendor,
        min(month) as first_month
    from activity
    group by currency, vendor
),

spine as (
    select
        groups.currency,
        groups.vendor,
        cast(unnest(generate_series(groups.first_month, today.today, interval '1' month)) as date) as month
    from groups
    cross join today
),

monthly as (
    select
        month,
        currency,
        vendor,
        sum(sale_count) as sale_count,
        sum(rebill_count) as rebill_count,
        sum(chargeback_count) as chargeback_count
    from activity
    group by month, currency, vendor
),

joined as (
    select
        spine.month,
        spine.currency,
        spine.vendor,
        coalesce(monthly.sale_count, 0) as sale_count,
        coalesce(monthly.rebill_count, 0) as rebill_count,
        coalesce(monthly.chargeback_count, 0) as chargeback_count
    from spine
    left join monthly
        on
            spine.currency is not distinct from monthly.currency
            and spine.vendor is not distinct from monthly.vendor
            and spine.month = monthly.month
),

compared as (
    select
        *,
        coalesce(lag(sale_count) over (partition by currency, vendor order by month), 0) as previous_month_sale_count
    from joined
)

select
    month, -- first day of the month
    currency, -- ISO 4217; NULL where none was said
    vendor, -- seller's nickname
    cast(sale_count as bigint) as sale_count, -- sales made in the month, initial sales and rebills together
    cast(rebill_count as bigint) as rebill_count, -- the rebills among them
    cast(previous_month_sale_count as bigint) as previous_month_sale_count, -- sales of the month before
    cast(chargeback_count as bigint) as chargeback_count, -- distinct payments charged back in the month
    rate(chargeback_count, sale_count) as chargeback_rate, -- by this month's sales; NULL without sales
    rate(chargeback_count, previous_month_sale_count) as chargeback_rate_previous_month -- by last month's sales
from compared
