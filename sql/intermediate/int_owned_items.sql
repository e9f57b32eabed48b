-- One mapped item of a winner, and the item that speaks for its natural key (layer 3 of identity).
-- key: body_id, item_index
-- stored by: body_id
-- refresh by: natural_hash
-- placed by: identity_hash, natural_hash
-- explained by int_winners: identity_hash
-- explained by int_owned_items: natural_hash
-- explained by int_owned_items: body_id
-- An item that owns its key is the only row of its kind that reaches the facts. Deduplication happens here and in
-- int_winners, nowhere else.
with winners as (
    select * from int_winners
    where status = 'mapped' and unhandled_reason is null
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
    first_value(body_id) over same_key as owner_body_id,
    first_value(body_sha256) over same_key as owner_body_sha256,
    row_number() over same_key = 1 as is_owner
from winners
window same_key as (
    partition by event_type, natural_key
    order by created_at desc nulls last, body_sha256 desc, item_index
)
