-- What would a card network count for the month?
-- Visa divides by the month's own sales, Mastercard by those of the month before; 1.5 % is too much for either.
select
    month,
    currency,
    vendor,
    sale_count as sales,
    chargeback_count as chargebacks,
    floor(round(10000 * chargeback_rate, 6)) / 100 as "of this month's sales %",
    floor(round(10000 * chargeback_rate_previous_month, 6)) / 100 as "of last month's sales %",
    case
        when greatest(chargeback_rate, chargeback_rate_previous_month) >= 0.015 then 'yes'
        else ''
    end as "1.5 % or more"
from chargeback_months
order by month desc, currency, vendor
limit 24
