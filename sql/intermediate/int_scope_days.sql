-- One day x scope x currency: the figures that alerts measure. Scopes are everything, each vendor and each affiliate.
-- key: report_date, scope_type, scope_value, currency
-- stored by: report_date
-- refresh by: report_date
-- from fct_sales: sold_date as report_date
-- from fct_refunds: refunded_date as report_date
-- from fct_chargebacks: charged_back_date as report_date
-- explained by fct_sales: sold_date as report_date, currency file explained/int_scope_days_by_fct_sales.sql
-- explained by fct_refunds: refunded_date as report_date, currency file explained/int_scope_days_by_fct_refunds.sql
-- explained by fct_chargebacks: charged_back_date as report_date, currency file explained/int_scope_days_by_fct_chargebacks.sql
-- Small for any number of events. Receipts that were reversed more than once are in the amounts only: a window
-- must count them once, so they are counted from int_repeated_reversals.
with sales as (
    select
        sold_date as report_date,
        vendor,
        affiliate,
        currency,
        case when is_rebill then 0 else 1 end as initial_sales,
        case when is_rebill then 1 else 0 end as rebills,
        gross_amount as gross
    from fct_sales
    where is_counted
),

refunds as (
    select
        refunded_date as report_date,
        vendor,
        affiliate,
        currency,
        case when receipt_refund_count = 1 then 1 else 0 end as refunds,
        refund_amount as refunded
    from fct_refunds
    where is_counted
),

chargebacks as (
    select
        charged_back_date as report_date,
        vendor,
        affiliate,
        currency,
        case when receipt_chargeback_count = 1 then 1 else 0 end as chargebacks,
        chargeback_amount as charged_back
    from fct_chargebacks
    where is_counted
),

activity as (
    select * from sales
    union all by name
    select * from refunds
    union all by name
    select * from chargebacks
),

days as (
    select
        report_date,
        vendor,
        affiliate,
        currency,
        total(initial_sales) as initial_sales,
        total(rebills) as rebills,
        total(gross) as gross,
        total(refunds) as refunds,
        total(refunded) as refunded,
        total(chargebacks) as chargebacks,
        total(charged_back) as charged_back
    from activity
    group by report_date, vendor, affiliate, currency
),

scoped as (
    select *, 'account' as scope_type, '' as scope_value from days
    union all
    select *, 'vendor' as scope_type, vendor as scope_value from days
    where vendor is not null
    union all
    select *, 'affiliate' as scope_type, affiliate as scope_value from days
    where affiliate is not null
)

select
    report_date,
    scope_type,
    scope_value,
    currency,
    cast(sum(initial_sales) as bigint) as initial_sales,
    cast(sum(rebills) as bigint) as rebills,
    cast(sum(gross) as decimal(18, 4)) as gross,
    cast(sum(refunds) as bigint) as refunds,
    cast(sum(refunded) as decimal(18, 4)) as refunded,
    cast(sum(chargebacks) as bigint) as chargebacks,
    cast(sum(charged_back) as decimal(18, 4)) as charged_back
from scoped
group by report_date, scope_type, scope_value, currency
