-- Chargebacks by calendar month of each vendor of a currency, over the sales of the same month: the latest six months.
select
    month,
    vendor,
    sale_count,
    chargeback_count,
    chargeback_rate
from chargeback_months
where
    currency is not distinct from getvariable('currency')
    and month > getvariable('today') - interval '6' month
order by vendor nulls last, month
