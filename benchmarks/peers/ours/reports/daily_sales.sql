-- One day x currency x vendor x affiliate, by the date of each event.
-- key: report_date, currency, vendor, affiliate
-- stored by: report_date
-- refresh by: report_date
-- from fct_sales: sold_date as report_date
-- from fct_refunds: refunded_date as report_date
with sale_days as (
    select
        sold_date as report_date,
        currency,
        vendor,
        affiliate,
        count(*) filter (where is_counted and not is_rebill) as sale_count,
        count(*) filter (where is_counted and is_rebill) as rebill_count,
        sum(gross_amount) filter (where is_counted) as gross_sales,
        0 as refund_count,
        0 as refund_amount
    from fct_sales
    group by sold_date, currency, vendor, affiliate
),

refund_days as (
    select
        refunded_date as report_date,
        currency,
        vendor,
        affiliate,
        0 as sale_count,
        0 as rebill_count,
        0 as gross_sales,
        count(distinct receipt) as refund_count,
        sum(refund_amount) as refund_amount
    from fct_refunds
    group by refunded_date, currency, vendor, affiliate
),

stacked as (
    select * from sale_days
    union all
    select * from refund_days
)

select
    report_date,
    currency,
    vendor,
    affiliate,
    sum(sale_count) as sale_count,
    sum(rebill_count) as rebill_count,
    coalesce(sum(gross_sales), 0) as gross_sales,
    sum(refund_count) as refund_count,
    sum(refund_amount) as refund_amount,
    coalesce(sum(gross_sales), 0) - sum(refund_amount) as net_sales
from stacked
group by report_date, currency, vendor, affiliate
