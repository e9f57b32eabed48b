{{ config(unique_key='receipt') }}
-- One refund, with the date of its sale.
with refunds as (
    select * from {{ ref('stg_events') }}
    where event_type = 'refund.processed'
),

sales as (
    select * from {{ ref('fct_sales') }}
    where is_counted
),

{% if is_incremental() %}
touched as (
    select receipt from refunds where changed_sequence > (select max(changed_sequence) from {{ this }})
    union
    select receipt from {{ ref('fct_sales') }}
    where changed_sequence > (select max(changed_sequence) from {{ this }})
),
{% endif %}

joined as (
    select
        refunds.event_id,
        refunds.receipt,
        refunds.occurred_at as refunded_at,
        cast(refunds.occurred_at as date) as refunded_date,
        refunds.amount as refund_amount,
        refunds.currency,
        refunds.vendor,
        refunds.affiliate,
        sales.sold_date,
        sales.receipt is null as is_orphan,
        greatest(refunds.changed_sequence, coalesce(sales.changed_sequence, 0)) as changed_sequence
    from refunds
    left join sales on refunds.receipt = sales.receipt
    {% if is_incremental() %}
    where refunds.receipt in (select receipt from touched)
    {% endif %}
)

select
    *,
    case when sold_date is not null then greatest(date_diff('day', sold_date, refunded_date), 0) end as days_to_refund
from joined
