-- A rate over nothing is unknown, and a rate over something is known and never negative.
-- severity: blocking
with rates as (
    select 'refund_rates' as report, sale_count as denominator, refund_rate as rate from refund_rates
    union all
    select 'refund_rates', sale_count, reversal_rate from refund_rates
    union all
    select 'chargeback_rates', sale_count, chargeback_rate from chargeback_rates
    union all
    select 'chargeback_rates', sale_count, cbr_net from chargeback_rates
    union all
    select 'chargeback_months', sale_count, chargeback_rate from chargeback_months
    union all
    select 'chargeback_months', previous_month_sale_count, chargeback_rate_previous_month from chargeback_months
    union all
    select 'affiliate_performance', sale_count, refund_rate from affiliate_performance
    union all
    select 'affiliate_performance', sale_count, chargeback_rate from affiliate_performance
    union all
    select 'product_performance', sale_count, refund_rate from product_performance
    union all
    select 'product_performance', sale_count, chargeback_rate from product_performance
)

select
    report,
    denominator,
    rate
from rates
where (rate is null) != (denominator = 0) or denominator < 0 or rate < 0
