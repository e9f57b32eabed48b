{{ config(unique_key='receipt') }}
-- One sale or rebill, per receipt and role.
with sales as (
    select * from {{ ref('stg_events') }}
    where event_type = 'sale.created'
)

select
    event_id,
    receipt,
    occurred_at as sold_at,
    cast(occurred_at as date) as sold_date,
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
    ) = 1 as is_counted,
    changed_sequence
from sales
{% if is_incremental() %}
where receipt in (
    select receipt from sales where changed_sequence > (select max(changed_sequence) from {{ this }})
)
{% endif %}
