-- Moving reversals to the day of their sale must not lose a cent: every cohort is the sum of its payments.
-- severity: blocking
-- refresh by: sold_date
-- affected by sale_cohorts: select sold_date from changed group by sold_date, currency, vendor, net_sales_cohort, sale_count having count(*) = 1
-- reads sale_cohorts: sold_date in (select sold_date from keys)
-- A cohort changes every day, because it says as of which; only one whose sums change is compared again.
with cohorts as (
    select
        sold_date,
        sum(net_sales_cohort) as net_sales,
        sum(sale_count) as sale_count
    from sale_cohorts
    group by sold_date
),

payments as (
    select
        sold_date,
        sum(net_amount) as net_sales,
        count(*) as sale_count
    from int_payments
    where not is_orphan
    group by sold_date
)

select
    cohorts.sold_date,
    payments.sold_date as payment_date
from cohorts
full join payments on cohorts.sold_date = payments.sold_date
where
    cohorts.net_sales is distinct from payments.net_sales
    or cohorts.sale_count is distinct from payments.sale_count
