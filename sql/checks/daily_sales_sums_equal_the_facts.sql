-- Days and facts must agree to the cent in every currency.
-- severity: blocking
-- refresh by: report_date
-- from fct_sales: sold_date as report_date
-- from fct_refunds: refunded_date as report_date
-- from fct_chargebacks: charged_back_date as report_date
with facts as (
    select currency, case when is_counted then gross_amount end as gross, 0 as refunded, 0 as charged_back,
        account_amount as account
    from fct_sales
    union all
    select currency, 0, refund_amount, 0, 0 from fct_refunds
    where is_counted
    union all
    select currency, 0, 0, chargeback_amount, 0 from fct_chargebacks
    where is_counted
    union all
    select currency, -gross_sales, -refund_amount, -chargeback_amount, -account_amount from daily_sales
)

select
    currency,
    sum(gross) as gross_difference,
    sum(refunded) as refunded_difference,
    sum(charged_back) as charged_back_difference,
    sum(account) as account_difference
from facts
group by currency
having
    coalesce(sum(gross), 0) != 0
    or coalesce(sum(refunded), 0) != 0
    or coalesce(sum(charged_back), 0) != 0
    or coalesce(sum(account), 0) != 0
