-- Refund and chargeback rate of a currency over the last `days` days, all vendors together, and over the `days` before; by event date.
with today as (
    select max(report_date) as today from daily_sales
),

refunds as (
    select
        date_diff('day', report_date, today) // getvariable('days') as period,
        cast(sum(refund_count) as bigint) as refund_count,
        cast(sum(sale_count) as bigint) as sale_count
    from refund_rates
    cross join today
    where
        currency is not distinct from getvariable('currency')
        and window_days = getvariable('days')
        and report_date in (today, cast(today - getvariable('days') * interval '1' day as date))
    group by period
),

chargebacks as (
    select
        date_diff('day', report_date, today) // getvariable('days') as period,
        cast(sum(chargeback_count) as bigint) as chargeback_count,
        cast(sum(sale_count) as bigint) as sale_count
    from chargeback_rates
    cross join today
    where
        currency is not distinct from getvariable('currency')
        and window_days = getvariable('days')
        and report_date in (today, cast(today - getvariable('days') * interval '1' day as date))
    group by period
)

select
    refunds.period,
    refunds.refund_count,
    refunds.refund_count / nullif(cast(refunds.sale_count as double), 0) as refund_rate,
    coalesce(chargebacks.chargeback_count, 0) as chargeback_count,
    coalesce(chargebacks.chargeback_count, 0) / nullif(cast(refunds.sale_count as double), 0) as chargeback_rate
from refunds
left join chargebacks on refunds.period = chargebacks.period
order by refunds.period
