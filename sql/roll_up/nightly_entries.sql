-- The rows that a night adds to nightly_entries: the contribution of each event now, less its contribution before.
-- key: night_date, event_key, receipt, report_date, currency, vendor
with sale_effects as (
    select
        event_key,
        'sale.created' as event_type,
        receipt,
        sold_date as report_date,
        currency,
        vendor,
        case when is_rebill then 0 else 1 end as sale_count,
        case when is_rebill then 1 else 0 end as rebill_count,
        coalesce(gross_amount, 0) as gross_sales,
        0 as refund_count,
        0 as refund_amount,
        0 as chargeback_count,
        0 as chargeback_amount
    from fct_sales
    where is_counted
),

-- A day counts a payment once: for its first refund of the day.
refund_effects as (
    select
        event_key,
        'refund.processed' as event_type,
        receipt,
        refunded_date as report_date,
        currency,
        vendor,
        0 as sale_count,
        0 as rebill_count,
        0 as gross_sales,
        case
            when
                row_number() over (
                    partition by receipt, payment, refunded_date, currency, vendor, affiliate
                    order by refunded_at, event_key, item_index
                ) = 1
                then 1
            else 0
        end as refund_count,
        coalesce(refund_amount, 0) as refund_amount,
        0 as chargeback_count,
        0 as chargeback_amount
    from fct_refunds
    where is_counted
),

chargeback_effects as (
    select
        event_key,
        'chargeback.received' as event_type,
        receipt,
        charged_back_date as report_date,
        currency,
        vendor,
        0 as sale_count,
        0 as rebill_count,
        0 as gross_sales,
        0 as refund_count,
        0 as refund_amount,
        case
            when
                row_number() over (
                    partition by receipt, payment, charged_back_date, currency, vendor, affiliate
                    order by charged_back_at, event_key, item_index
                ) = 1
                then 1
            else 0
        end as chargeback_count,
        coalesce(chargeback_amount, 0) as chargeback_amount
    from fct_chargebacks
    where is_counted
),

-- The earlier contribution has the other sign.
both_sides as (
    select * from sale_effects
    union all
    select * from refund_effects
    union all
    select * from chargeback_effects
    union all
    select
        event_key,
        event_type,
        receipt,
        report_date,
        currency,
        vendor,
        -sale_count,
        -rebill_count,
        -gross_sales,
        -refund_count,
        -refund_amount,
        -chargeback_count,
        -chargeback_amount
    from nightly_entries
)

select
    getvariable('night_date') as night_date,
    event_key,
    event_type,
    receipt,
    report_date,
    currency,
    vendor,
    sum(sale_count) as sale_count,
    sum(rebill_count) as rebill_count,
    sum(gross_sales) as gross_sales,
    sum(refund_count) as refund_count,
    sum(refund_amount) as refund_amount,
    sum(chargeback_count) as chargeback_count,
    sum(chargeback_amount) as chargeback_amount
from both_sides
where report_date < getvariable('night_date')
group by event_key, event_type, receipt, report_date, currency, vendor
having
    sum(sale_count) != 0
    or sum(rebill_count) != 0
    or sum(gross_sales) != 0
    or sum(refund_count) != 0
    or sum(refund_amount) != 0
    or sum(chargeback_count) != 0
    or sum(chargeback_amount) != 0
