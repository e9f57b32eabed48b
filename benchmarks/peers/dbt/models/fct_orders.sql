{{ config(unique_key='receipt') }}
-- One receipt's life.
{% if is_incremental() %}
with touched as (
    select receipt from {{ ref('fct_sales') }}
    where changed_sequence > (select max(changed_sequence) from {{ this }})
    union
    select receipt from {{ ref('fct_refunds') }}
    where changed_sequence > (select max(changed_sequence) from {{ this }})
),

{% else %}
with
{% endif %}
sales as (
    select * from {{ ref('fct_sales') }}
    where is_counted
    {% if is_incremental() %} and receipt in (select receipt from touched) {% endif %}
),

refunds as (
    select
        receipt,
        sum(refund_amount) as refunded_amount,
        count(*) as refund_count,
        min(days_to_refund) as days_to_first_refund,
        max(changed_sequence) as changed_sequence
    from {{ ref('fct_refunds') }}
    {% if is_incremental() %} where receipt in (select receipt from touched) {% endif %}
    group by receipt
)

select
    coalesce(sales.receipt, refunds.receipt) as receipt,
    sales.sold_date,
    sales.vendor,
    sales.currency,
    sales.is_rebill,
    sales.gross_amount,
    coalesce(refunds.refunded_amount, 0) as refunded_amount,
    coalesce(sales.gross_amount, 0) - coalesce(refunds.refunded_amount, 0) as net_amount,
    coalesce(refunds.refund_count, 0) as refund_count,
    refunds.days_to_first_refund,
    case
        when sales.receipt is null then 'orphan'
        when refunds.refunded_amount >= sales.gross_amount - 0.01 then 'refunded'
        when refunds.refund_count > 0 then 'partially_refunded'
        else 'sold'
    end as state,
    greatest(coalesce(sales.changed_sequence, 0), coalesce(refunds.changed_sequence, 0)) as changed_sequence
from sales
full outer join refunds on sales.receipt = refunds.receipt
