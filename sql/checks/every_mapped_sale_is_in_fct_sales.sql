-- A sale that was mapped and is not in the fact, or is there twice, is money lost or invented.
-- severity: blocking
-- refresh by: receipt
with staged as (
    select
        count(*) as row_count,
        coalesce(sum(case when parts.body_id is null then items.amount else parts.amount end), 0) as amount
    from int_event_items as owned
    inner join stg_typed_items as items on owned.body_id = items.body_id and owned.item_index = items.item_index
    left join int_parts as parts on owned.body_id = parts.body_id and owned.item_index = parts.item_index
    where owned.event_type = 'sale.created'
),

facts as (
    select
        count(*) as row_count,
        coalesce(sum(gross_amount), 0) as amount
    from fct_sales
)

select
    staged.row_count as staged_rows,
    facts.row_count as fact_rows,
    staged.amount as staged_amount,
    facts.amount as fact_amount
from staged
cross join facts
where staged.row_count != facts.row_count or staged.amount != facts.amount
