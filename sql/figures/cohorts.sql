-- Of the sales of each month of a currency, the share refunded within each horizon, all vendors together; the latest twelve months.
select
    sold_month,
    horizon_days,
    cast(sum(cohort_sales) as bigint) as cohort_sales,
    cast(sum(mature_sales) as bigint) as mature_sales,
    cast(sum(refunded_sales) as bigint) as refunded_sales,
    sum(refunded_sales) / nullif(cast(sum(mature_sales) as double), 0) as refund_rate,
    bool_and(is_mature) as is_mature
from refund_cohort_months
where
    currency is not distinct from getvariable('currency')
    and sold_month > getvariable('today') - interval '12' month
    and sold_month <= getvariable('today')
group by sold_month, horizon_days
order by sold_month desc, horizon_days
