-- Refund and chargeback rate of a currency over the last `days` days, all vendors together, and over the `days` before; by event date.
with ends as (
    select
        unnest([0, 1]) as period,
        cast(unnest([getvariable('today'), getvariable('today') - getvariable('days') * interval '1' day]) as date)
            as report_date
),

refunds as (
    select
        ends.period,
        cast(sum(refund_rates.refund_count) as bigint) as refund_count,
        cast(sum(refund_rates.sale_count) as bigint) as sale_count
    from refund_rates
    inner join ends on refund_rates.report_date = ends.report_date
    where
        refund_rates.currency is not distinct from getvariable('currency')
        and refund_rates.window_days = getvariable('days')
    group by ends.period
),

chargebacks as (
    select
        ends.period,
        cast(sum(chargeback_rates.chargeback_count) as bigint) as chargeback_count,
        cast(sum(chargeback_rates.sale_count) as bigint) as sale_count
    from chargeback_rates
    inner join ends on chargeback_rates.report_date = ends.report_date
    where
        chargeback_rates.currency is not distinct from getvariable('currency')
        and chargeback_rates.window_days = getvariable('days')
    group by ends.period
)

select
    refunds.period,
    refunds.refund_count,
    refunds.refund_count / nullif(cast(refunds.sale_count as double), 0) as refund_rate,
    coalesce(chargebacks.chargeback_count, 0) as chargeback_count,
    chargebacks.chargeback_count / nullif(cast(chargebacks.sale_count as double), 0) as chargeback_rate
from refunds
left join chargebacks on refunds.period = chargebacks.period
order by refunds.period
