-- One day and how many sales, refunds and chargebacks are held for it, each once for any number of roles.
-- key: report_date
-- refresh by: report_date
-- from fct_sales: sold_date as report_date
-- from fct_refunds: refunded_date as report_date
-- from fct_chargebacks: charged_back_date as report_date
with activity as (
    select
        sold_date as report_date,
        'sale' as kind
    from fct_sales
    where is_counted
    union all
    select
        refunded_date as report_date,
        'refund' as kind
    from fct_refunds
    where is_counted
    union all
    select
        charged_back_date as report_date,
        'chargeback' as kind
    from fct_chargebacks
    where is_counted
)

select
    report_date,
    count(*) filter (where kind = 'sale') as sales,
    count(*) filter (where kind = 'refund') as refunds,
    count(*) filter (where kind = 'chargeback') as chargebacks
from activity
group by report_date
