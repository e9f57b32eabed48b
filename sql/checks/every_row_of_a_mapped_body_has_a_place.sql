-- A row of a body that maps is in the facts, or stands for nothing of its own: it is a part, or a repeat, of one that is.
-- severity: blocking
-- refresh by: natural_hash
with winners as (
    select * from int_winners
),

parts as (
    select * from int_parts
),

owned as (
    select * from int_owned_items
),

placed as (
    select
        winners.body_id,
        winners.item_index,
        coalesce(parts.lead_item_index, winners.item_index) as lead_item_index
    from winners
    left join parts on winners.body_id = parts.body_id and winners.item_index = parts.item_index
    where winners.status = 'mapped' and winners.is_handled
)

select
    placed.body_id,
    placed.item_index
from placed
left join owned on placed.body_id = owned.body_id and placed.lead_item_index = owned.item_index
where owned.owner_body_id is null
