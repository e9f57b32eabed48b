-- One receipt's life.
-- key: receipt
-- stored by: sold_date
-- refresh by: receipt
with sales as (
    select * from fct_sales
    where is_counted
),

refunds as (
    select
        receipt,
        sum(refund_amount) as refunded_amount,
        count(*) as refund_count,
        min(days_to_refund) as days_to_first_refund
    from fct_refunds
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
    end as state
from sales
full outer join refunds on sales.receipt = refunds.receipt
