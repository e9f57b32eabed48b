-- One day x currency x vendor x affiliate, every amount on the date of its own event: past days change only by late news.
-- key: report_date, currency, vendor, affiliate
-- stored by: report_date
-- refresh by: report_date
-- from fct_sales: sold_date as report_date
-- from fct_refunds: refunded_date as report_date
-- from fct_chargebacks: charged_back_date as report_date
-- explained by fct_sales: sold_date as report_date, currency, vendor, affiliate
-- explained by fct_refunds: refunded_date as report_date, currency, vendor, affiliate
-- explained by fct_chargebacks: charged_back_date as report_date, currency, vendor, affiliate where source.is_booked
with sales as (
    select * from fct_sales
),

refunds as (
    select * from fct_refunds
),

chargebacks as (
    select * from fct_chargebacks
    where is_booked
),

sale_days as (
    select
        sold_date as report_date,
        currency,
        vendor,
        affiliate,
        count(*) filter (where is_counted and not is_rebill) as sale_count,
        count(*) filter (where is_counted and is_rebill) as rebill_count,
        count(distinct order_key) filter (where is_counted and not is_rebill) as order_count,
        sum(gross_amount) filter (where is_counted) as gross_sales,
        sum(coalesce(tax_amount, 0)) filter (where is_counted) as tax_amount,
        sum(account_amount) as account_amount
    from sales
    group by sold_date, currency, vendor, affiliate
),

refund_days as (
    select
        refunded_date as report_date,
        currency,
        vendor,
        affiliate,
        count(distinct receipt || ' ' || coalesce(payment, '')) filter (where is_counted) as refund_count,
        sum(refund_amount) filter (where is_counted) as refund_amount,
        sum(reversed_account_amount) filter (where not is_account_amount_estimated) as reversed_account_amount,
        sum(reversed_account_amount) filter (where is_account_amount_estimated) as estimated_reversed_account_amount,
        count(*) filter (where is_account_amount_estimated) as estimated_reversal_count,
        count(*) filter (where reversed_account_amount is null) as unknown_reversal_count,
        sum(abs(fee_amount)) filter (where is_counted) as refund_fee_amount
    from refunds
    group by refunded_date, currency, vendor, affiliate
),

chargeback_days as (
    select
        charged_back_date as report_date,
        currency,
        vendor,
        affiliate,
        count(distinct receipt || ' ' || coalesce(payment, '')) filter (where is_counted) as chargeback_count,
        sum(chargeback_amount) filter (where is_counted) as chargeback_amount,
        sum(reversed_account_amount) filter (where not is_account_amount_estimated) as reversed_account_amount,
        sum(reversed_account_amount) filter (where is_account_amount_estimated) as estimated_reversed_account_amount,
        count(*) filter (where is_account_amount_estimated) as estimated_reversal_count,
        count(*) filter (where reversed_account_amount is null) as unknown_reversal_count,
        sum(abs(fee_amount)) filter (where is_counted) as chargeback_fee_amount
    from chargebacks
    group by charged_back_date, currency, vendor, affiliate
),

stacked as (
    select * from sale_days
    union all by name
    select * from refund_days
    union all by name
    select * from chargeback_days
)

select
    report_date, -- day in the report zone
    currency, -- ISO 4217; NULL where none was said; currencies are never added up
    vendor, -- seller's nickname
    affiliate, -- affiliate's nickname; NULL when there was none
    total_count(sale_count) as sale_count, -- initial sales only: one for each receipt of a vendor; rebills are in rebill_count
    total_count(rebill_count) as rebill_count, -- recurring charges after the first
    total_count(order_count) as order_count, -- sessions: a sale and its upsells are one
    total_amount(gross_sales) as gross_sales, -- amount customers paid, tax and shipping included; sales and rebills
    cast(total(gross_sales) - total(tax_amount) as decimal(18, 4)) as gross_sales_ex_tax, -- gross_sales less tax
    total_count(refund_count) as refund_count, -- distinct payments refunded on the day
    total_amount(refund_amount) as refund_amount, -- refunded on the day, positive
    total_count(chargeback_count) as chargeback_count, -- distinct payments charged back on the day
    total_amount(chargeback_amount) as chargeback_amount, -- charged back on the day, positive
    cast(
        total(gross_sales) - total(refund_amount) - total(chargeback_amount)
        as decimal(18, 4)
    ) as net_sales, -- gross_sales - refund_amount - chargeback_amount; may be negative
    total_amount(account_amount) as account_amount, -- amount this account received for the sales, over own roles
    total_amount(reversed_account_amount) as reversed_account_amount, -- amount taken back for reversals, where said
    total_amount(estimated_reversed_account_amount) as estimated_reversed_account_amount, -- amount taken back by reversals that do not say it: the sale's account_amount in proportion to the gross
    total_amount(chargeback_fee_amount) as chargeback_fee_amount, -- fees of the day's disputes, where said; one per dispute
    total_amount(refund_fee_amount) as refund_fee_amount, -- known fees of the day's refunds
    cast(
        total(account_amount) - total(reversed_account_amount)
        - total(estimated_reversed_account_amount) - total(chargeback_fee_amount) - total(refund_fee_amount)
        as decimal(18, 4)
    ) as earnings_net, -- account_amount less both reversed amounts and known fees; may be negative
    total(estimated_reversal_count) + total(unknown_reversal_count) > 0
        as is_earnings_net_estimated, -- some reversal of the day does not say the amount it took back
    total_count(unknown_reversal_count) as unknown_reversal_count -- reversals of the day that take back nothing here: not said, and no sale to work it out from (yet)
from stacked
group by report_date, currency, vendor, affiliate
