-- The months of a currency, vendor and horizon hold the sales and refunds of its days, none twice and none left out.
-- severity: blocking
with months as (
    select
        currency,
        vendor,
        horizon_days,
        sum(cohort_sales) as cohort_sales,
        sum(mature_sales) as mature_sales,
        sum(refunded_sales) as refunded_sales
    from refund_cohort_months
    group by currency, vendor, horizon_days
),

days as (
    select
        currency,
        vendor,
        horizon_days,
        sum(cohort_sales) as cohort_sales,
        coalesce(sum(cohort_sales) filter (where is_mature), 0) as mature_sales,
        sum(refunded_sales) as refunded_sales
    from refund_cohorts
    group by currency, vendor, horizon_days
)

select * from (
    (
        select * from months
        except all
        select * from days
    )
    union all
    (
        select * from days
        except all
        select * from months
    )
) as differing
