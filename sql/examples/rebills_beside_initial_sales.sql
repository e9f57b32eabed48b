-- Why are there more sales than orders on the form?
-- ClickBank's sale count holds rebills; here they stand apart, with the money of each, by month.
select
    cast(date_trunc('month', sold_date) as date) as month,
    currency,
    count(*) filter (where not is_rebill) as "initial sales",
    count(*) filter (where is_rebill) as rebills,
    count(distinct row(vendor, order_key)) filter (where not is_rebill) as "orders on the form",
    cast(coalesce(sum(gross_amount) filter (where not is_rebill), 0) as decimal(18, 2)) as "gross of initial sales",
    cast(coalesce(sum(gross_amount) filter (where is_rebill), 0) as decimal(18, 2)) as "gross of rebills",
    floor(round(1000 * count(*) filter (where is_rebill) / count(*), 6)) / 10 as "rebills %"
from fct_sales
where is_counted
group by date_trunc('month', sold_date), currency
order by month desc, currency
