-- What do I hand to the accountant for each month?
-- Every amount in the month of its own event; earnings = earned - taken_back - fees; as a file with --format csv.
select
    cast(date_trunc('month', report_date) as date) as month,
    currency,
    vendor,
    cast(sum(gross_sales) as decimal(18, 2)) as gross_sales,
    cast(sum(gross_sales - gross_sales_ex_tax) as decimal(18, 2)) as tax_in_it,
    cast(sum(refund_amount) as decimal(18, 2)) as refunds,
    cast(sum(chargeback_amount) as decimal(18, 2)) as chargebacks,
    cast(sum(net_sales) as decimal(18, 2)) as net_sales,
    cast(sum(account_amount) as decimal(18, 2)) as earned,
    cast(sum(reversed_account_amount + estimated_reversed_account_amount) as decimal(18, 2)) as taken_back,
    cast(sum(chargeback_fee_amount + refund_fee_amount) as decimal(18, 2)) as fees,
    cast(sum(earnings_net) as decimal(18, 2)) as earnings,
    case when bool_or(is_earnings_net_estimated) then 'yes' else '' end as "partly estimated"
from daily_sales
group by date_trunc('month', report_date), currency, vendor
order by month desc, currency, vendor
