{{ config(unique_key='report_date') }}
-- One day x currency x vendor x affiliate, by the date of each event.
{% if is_incremental() %}
with touched as (
    select sold_date as report_date from {{ ref('fct_sales') }}
    where changed_sequence > (select max(changed_sequence) from {{ this }})
    union
    select refunded_date from {{ ref('fct_refunds') }}
    where changed_sequence > (select max(changed_sequence) from {{ this }})
),

{% else %}
with
{% endif %}
stacked as (
    select
        sold_date as report_date, currency, vendor, affiliate,
        count(*) filter (where is_counted and not is_rebill) as sale_count,
        count(*) filter (where is_counted and is_rebill) as rebill_count,
        sum(gross_amount) filter (where is_counted) as gross_sales,
        0 as refund_count,
        0 as refund_amount,
        max(changed_sequence) as changed_sequence
    from {{ ref('fct_sales') }}
    {% if is_incremental() %} where sold_date in (select report_date from touched) {% endif %}
    group by all
    union all
    select
        refunded_date, currency, vendor, affiliate, 0, 0, 0, count(distinct receipt), sum(refund_amount),
        max(changed_sequence)
    from {{ ref('fct_refunds') }}
    {% if is_incremental() %} where refunded_date in (select report_date from touched) {% endif %}
    group by all
)

select
    report_date, currency, vendor, affiliate,
    sum(sale_count) as sale_count,
    sum(rebill_count) as rebill_count,
    coalesce(sum(gross_sales), 0) as gross_sales,
    sum(refund_count) as refund_count,
    sum(refund_amount) as refund_amount,
    coalesce(sum(gross_sales), 0) - sum(refund_amount) as net_sales,
    max(changed_sequence) as changed_sequence
from stacked
group by all
