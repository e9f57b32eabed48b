-- The item that speaks for one natural key (layer 3): the only row of its kind that reaches the facts.
-- key: event_type, natural_key
-- Deduplication happens here and in stg_event_ids, nowhere else.
with winners as (
    select * from stg_event_ids
),

items as (
    select * from stg_typed_items
)

select
    items.event_type,
    items.natural_key,
    items.body_id, -- the winner; joins to stg_typed_items on body_id and item_index
    items.item_index
from items
inner join winners on items.body_id = winners.body_id
where winners.status = 'mapped'
qualify
    row_number() over (
        partition by items.event_type, items.natural_key
        order by items.created_at desc nulls last, items.body_sha256 desc, items.item_index
    ) = 1
