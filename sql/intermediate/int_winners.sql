-- One item of the body that speaks for an event id (layer 2 of identity).
-- key: body_id, item_index
-- stored by: body_id
-- refresh by: identity_hash
-- placed by: identity_hash, natural_hash
-- explained by int_claims: identity_hash
-- The body is chosen by a total order that does not depend on arrival: one that can be read before one that cannot, then
-- the latest created_at, then the greatest SHA-256.
with claims as (
    select * from int_claims
),

items as (
    select * from stg_typed_items
),

subjects as (
    select * from int_subjects
),

claimed as (
    select
        claims.* exclude (identity_key),
        coalesce(subjects.identity_key, claims.identity_key) as identity_key
    from claims
    left join subjects on claims.body_id = subjects.body_id
),

chosen as (
    select
        identity_key,
        body_id,
        status,
        is_readable
    from claimed
    qualify
        row_number() over (
            partition by identity_key
            order by is_readable desc, created_at desc nulls last, body_sha256 desc
        ) = 1
)

select
    chosen.identity_key,
    items.identity_hash,
    items.body_id, -- joins to stg_typed_items on body_id and item_index
    items.item_index,
    chosen.status, -- of the body
    -- a row of a type that never counts tells nothing where other rows of its body count
    chosen.is_readable and items.natural_hash is not null
    and (chosen.status != 'mapped' or coalesce(items.unhandled_reason not like 'transaction_type %', true)) as is_told, -- it has a natural key
    items.unhandled_reason is null as is_handled,
    items.event_type,
    items.natural_key,
    items.natural_hash,
    items.receipt,
    items.created_at,
    items.body_sha256,
    items.told_by -- the source
from chosen
inner join items on chosen.body_id = items.body_id
