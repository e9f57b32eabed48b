-- A month, currency, vendor and horizon hold the sales and refunds of its days, none twice and none left out.
-- severity: blocking
-- refresh by: sold_month
-- affected by refund_cohorts: select cast(date_trunc('month', sold_date) as date) as sold_month from changed
-- reads refund_cohorts: cast(date_trunc('month', sold_date) as date) in (select sold_month from keys)
with months as (
    select
        sold_month,
        currency,
        vendor,
        horizon_days,
        cohort_sales,
        mature_sales,
        refunded_sales
    from refund_cohort_months
),

days as (
    select
        cast(date_trunc('month', sold_date) as date) as sold_month,
        currency,
        vendor,
        horizon_days,
        sum(cohort_sales) as cohort_sales,
        coalesce(sum(cohort_sales) filter (where is_mature), 0) as mature_sales,
        sum(refunded_sales) as refunded_sales
    from refund_cohorts
    group by date_trunc('month', sold_date), currency, vendor, horizon_days
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
