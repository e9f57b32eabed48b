-- One sale or rebill, per receipt and role.
-- key: event_key
-- stored by: sold_date
-- refresh by: receipt
with sales as (
    select * from stg_events
    where event_type = 'sale.created'
)

select
    event_key,
    receipt,
    occurred_at as sold_at,
    report_date(occurred_at) as sold_date,
    vendor,
    affiliate,
    role,
    transaction_type,
    contains(receipt, '-B') as is_rebill,
    currency,
    amount as gross_amount,
    account_amount,
    tax_amount,
    row_number() over (
        partition by receipt order by case role when 'VENDOR' then 1 when 'AFFILIATE' then 2 else 3 end, occurred_at
    ) = 1 as is_counted
from sales
