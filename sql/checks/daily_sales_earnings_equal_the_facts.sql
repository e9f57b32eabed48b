-- Earnings of days and of facts must agree to the last digit in every currency.
-- severity: blocking
-- refresh by: report_date
-- from fct_sales: sold_date as report_date
-- from fct_refunds: refunded_date as report_date
-- from fct_chargebacks: charged_back_date as report_date
with facts as (
    select currency, account_amount as earned, 0 as unknown from fct_sales
    union all
    select currency, -reversed_account_amount, case when reversed_account_amount is null then 1 else 0 end
    from fct_refunds
    union all
    select currency, -reversed_account_amount, case when reversed_account_amount is null then 1 else 0 end
    from fct_chargebacks
    where is_booked
    union all
    select currency, -abs(fee_amount), 0 from fct_chargebacks
    where is_counted
    union all
    select currency, -abs(fee_amount), 0 from fct_refunds
    where is_counted
    union all
    select currency, -earnings_net, -unknown_reversal_count from daily_sales
)

select
    currency,
    sum(earned) as earned_difference,
    sum(unknown) as unknown_difference
from facts
group by currency
having coalesce(sum(earned), 0) != 0 or sum(unknown) != 0
