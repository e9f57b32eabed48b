-- One mapped item of a winner, and the item that speaks for its natural key (layer 3 of identity).
-- key: body_id, item_index
-- stored by: body_id
-- refresh by: natural_hash
-- placed by: identity_hash, natural_hash
-- explained by int_winners: identity_hash
-- explained by int_owned_items: natural_hash
-- explained by int_owned_items: body_id
-- An item that owns its key is the only row of its kind that reaches the facts. Deduplication happens here, in int_parts
-- and in int_winners, nowhere else.
with winners as (
    select * from int_winners
    where is_told
),

keys as (
    select * from int_natural_keys
),

parts as (
    select * from int_parts
    where item_index != lead_item_index
),

shared as (
    select * from int_shared_tellings
),

told as (
    select
        winners.* exclude (natural_key),
        coalesce(shared.natural_key, keys.natural_key, winners.natural_key) as natural_key,
        shared.precedence,
        keys.is_whole,
        keys.seller,
        coalesce(keys.is_ambiguous, false) as is_ambiguous,
        keys.payment_number
    from winners
    left join keys on winners.body_id = keys.body_id and winners.item_index = keys.item_index
    left join parts on winners.body_id = parts.body_id and winners.item_index = parts.item_index
    left join shared on winners.body_id = shared.body_id and winners.item_index = shared.item_index
    where parts.body_id is null
)

select
    identity_hash,
    identity_key,
    body_id,
    item_index,
    event_type,
    natural_key,
    natural_hash,
    receipt,
    seller, -- where int_natural_keys has a say
    is_ambiguous, -- a reversal that may be of several sellers
    payment_number, -- of a rebill with the receipt of its sale
    first_value(body_id) over same_key as owner_body_id,
    first_value(body_sha256) over same_key as owner_body_sha256,
    row_number() over same_key = 1 as is_owner,
    is_handled,
    told_by, -- the source
    count(*) over (same_key rows between unbounded preceding and unbounded following) as told_count -- tellings of its thing
from told
window same_key as (
    partition by event_type, natural_key
    order by is_whole, precedence, created_at desc nulls last, body_sha256 desc, item_index
)
