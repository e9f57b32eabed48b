-- The vendors of a currency on the latest day, the one with the most sales first: the rates that limits are set for. By event date.
with refunds as (
    select * from refund_rates
    where window_days = getvariable('refund_days') and report_date = getvariable('today')
),

chargebacks as (
    select * from chargeback_rates
    where window_days = getvariable('chargeback_days') and report_date = getvariable('today')
),

months as (
    select * from chargeback_months
    where month = date_trunc('month', getvariable('today'))
)

select
    refunds.vendor,
    refunds.sale_count,
    refunds.refund_count,
    refunds.refund_rate,
    refunds.reversal_rate,
    chargebacks.chargeback_count,
    chargebacks.sale_count as chargeback_sale_count,
    chargebacks.chargeback_rate,
    chargebacks.is_small_sample,
    months.sale_count as month_sale_count,
    months.chargeback_count as month_chargeback_count,
    months.chargeback_rate as month_chargeback_rate
from refunds
left join chargebacks
    on
        refunds.currency is not distinct from chargebacks.currency
        and refunds.vendor is not distinct from chargebacks.vendor
left join months
    on
        refunds.currency is not distinct from months.currency
        and refunds.vendor is not distinct from months.vendor
where refunds.currency is not distinct from getvariable('currency')
order by refunds.sale_count desc, refunds.vendor nulls last
