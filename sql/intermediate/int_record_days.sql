-- One day and how many sales, refunds and chargebacks are held for it, in every role.
-- key: report_date
-- refresh by: report_date
-- from fct_sales: sold_date as report_date
-- from fct_refunds: refunded_date as report_date
-- from fct_chargebacks: charged_back_date as report_date
with activity as (
    select sold_date as report_date from fct_sales
    union all
    select refunded_date as report_date from fct_refunds
    union all
    select charged_back_date as report_date from fct_chargebacks
)

select
    report_date,
    count(*) as records
from activity
group by report_date
