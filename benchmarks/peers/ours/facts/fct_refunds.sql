-- One refund, with the date of its sale.
-- key: event_key
-- stored by: refunded_date
-- refresh by: receipt
with refunds as (
    select * from stg_events
    where event_type = 'refund.processed'
),

sales as (
    select * from fct_sales
    where is_counted
),

joined as (
    select
        refunds.event_key,
        refunds.receipt,
        refunds.occurred_at as refunded_at,
        report_date(refunds.occurred_at) as refunded_date,
        refunds.amount as refund_amount,
        refunds.currency,
        refunds.vendor,
        refunds.affiliate,
        sales.sold_date,
        sales.receipt is null as is_orphan
    from refunds
    left join sales on refunds.receipt = sales.receipt
)

select
    event_key,
    receipt,
    refunded_at,
    refunded_date,
    refund_amount,
    currency,
    vendor,
    affiliate,
    sold_date,
    case when sold_date is not null then greatest(date_diff('day', sold_date, refunded_date), 0) end as days_to_refund,
    is_orphan
from joined
