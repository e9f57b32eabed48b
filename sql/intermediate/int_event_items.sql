-- One item that reaches the facts, with the name of its event.
-- key: body_id, item_index
-- stored by: body_id
-- refresh by: body_id
-- placed by: receipt
-- An event is named by its content, never by its arrival: by the natural key of the first item it owns.
with owned as (
    select * from int_owned_items
    where is_owner and is_handled
),

named as (
    select
        *,
        min_by(natural_key, item_index) over (partition by body_id) as event_natural_key,
        min(item_index) over (partition by body_id) as first_item_index
    from owned
)

select
    event_key('key', event_type, event_natural_key) as event_key,
    body_id, -- joins to stg_typed_items on body_id and item_index
    item_index,
    event_type,
    receipt,
    seller, -- who sold it, where the item does not say
    is_ambiguous, -- a reversal that may be of several sellers
    payment_number, -- of a rebill with the receipt of its sale
    told_by, -- the source
    told_count, -- how often it was told, attempts and corrections of one event counted once
    item_index = first_item_index as is_first -- the first item that its body owns
from named
