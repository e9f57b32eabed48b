-- One distinct body and the body that speaks for its event in the end.
-- key: body_id
-- stored by: body_id
-- refresh by: identity_hash
-- placed by: identity_hash
-- explained by int_winners: identity_hash
-- explained by int_owned_items: identity_hash
-- A winner that lost every item to others belongs to the event that owns its first item.
with subjects as (
    select * from int_subjects
),

claims as (
    select
        claimed.* exclude (identity_key),
        coalesce(subjects.identity_key, claimed.identity_key) as identity_key
    from int_claims as claimed
    left join subjects on claimed.body_id = subjects.body_id
),

winners as (
    select * from int_winners
    where item_index = 0
),

owned as (
    select * from int_owned_items
),

owners as (
    select
        body_id,
        bool_or(is_owner) as has_item,
        min_by(owner_body_id, item_index) as first_owner_body_id
    from owned
    group by body_id
)

select
    claims.body_id,
    claims.identity_hash,
    claims.identity_key,
    case
        when owners.body_id is null or owners.has_item then winners.body_id
        else owners.first_owner_body_id
    end as event_body_id, -- the body that speaks for the event
    claims.is_readable,
    claims.received_at,
    claims.last_received_at,
    claims.told_by,
    claims.delivery_count,
    claims.mapped_fields_hash
from claims
inner join winners on claims.identity_key = winners.identity_key
left join owners on winners.body_id = owners.body_id
