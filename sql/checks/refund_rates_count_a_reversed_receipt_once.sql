-- Receipts refunded or charged back are at least those of either kind and at most those of both kinds together.
-- severity: blocking
-- refresh by: report_date
-- There is no chargeback rate of a single day: of that window only refunds are compared.
with refunds as (
    select * from refund_rates
),

chargebacks as (
    select * from chargeback_rates
)

select
    refunds.report_date,
    refunds.currency,
    refunds.vendor,
    refunds.window_days,
    refunds.refund_count,
    chargebacks.chargeback_count,
    refunds.reversed_count
from refunds
left join chargebacks
    on
        refunds.report_date = chargebacks.report_date
        and refunds.currency is not distinct from chargebacks.currency
        and refunds.vendor is not distinct from chargebacks.vendor
        and refunds.window_days = chargebacks.window_days
where
    refunds.reversed_count < greatest(refunds.refund_count, coalesce(chargebacks.chargeback_count, 0))
    or (
        refunds.window_days > 1
        and refunds.reversed_count > refunds.refund_count + coalesce(chargebacks.chargeback_count, 0)
    )
