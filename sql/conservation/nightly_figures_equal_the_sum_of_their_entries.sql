-- The last figure of each day is the sum of its events' entries, to the last digit.
-- severity: blocking
with known_figures as (
    select * from nightly_figures
    where period = 'day'
    qualify row_number() over (partition by period_date, currency, vendor order by night_date desc) = 1
),

both_sides as (
    select
        period_date,
        currency,
        vendor,
        sale_count,
        rebill_count,
        gross_sales,
        refund_count,
        refund_amount,
        chargeback_count,
        chargeback_amount
    from known_figures
    union all
    select
        report_date,
        currency,
        vendor,
        -sale_count,
        -rebill_count,
        -gross_sales,
        -refund_count,
        -refund_amount,
        -chargeback_count,
        -chargeback_amount
    from nightly_entries
)

select
    period_date,
    currency,
    vendor
from both_sides
group by period_date, currency, vendor
having
    sum(sale_count) != 0
    or sum(rebill_count) != 0
    or sum(gross_sales) != 0
    or sum(refund_count) != 0
    or sum(refund_amount) != 0
    or sum(chargeback_count) != 0
    or sum(chargeback_amount) != 0
