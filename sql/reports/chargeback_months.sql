-- One calendar month x currency x vendor: chargebacks received / sales made, as card networks count.
-- key: month, currency, vendor
with sales as (
    select * from fct_sales
    where is_counted
),

chargebacks as (
    select * from fct_chargebacks
    where is_counted
),

today as (
    select * from stg_today
),

activity as (
    select
        cast(date_trunc('month', sold_date) as date) as month,
        currency,
        vendor,
        receipt as sold_receipt,
        cast(null as varchar) as charged_back_receipt,
        is_rebill
    from sales
    union all
    select
        cast(date_trunc('month', charged_back_date) as date) as month,
        currency,
        vendor,
        cast(null as varchar) as sold_receipt,
        receipt as charged_back_receipt,
        false as is_rebill
    from chargebacks
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
        count(sold_receipt) as sale_count,
        count(sold_receipt) filter (where is_rebill) as rebill_count,
        count(distinct charged_back_receipt) as chargeback_count
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
    cast(chargeback_count as bigint) as chargeback_count, -- distinct receipts charged back in the month
    cast(chargeback_count as double) / nullif(cast(sale_count as double), 0) as chargeback_rate, -- by this month's sales; NULL without sales
    cast(chargeback_count as double) / nullif(cast(previous_month_sale_count as double), 0) as chargeback_rate_previous_month -- by last month's sales
from compared
