-- What do I hand to the accountant for each month?
-- One row per month, currency and vendor, every amount in the month of its own event; as a file with --format csv.
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
    cast(sum(reversed_account_amount) as decimal(18, 2)) as taken_back
from daily_sales
group by date_trunc('month', report_date), currency, vendor
order by month desc, currency, vendor
