-- One distinct event ever received: no body, no personal data.
-- key: event_key
with identities as (
    select * from stg_identities
),

bodies as (
    select * from stg_bodies
),

claims as (
    select * from stg_claims
),

items as (
    select * from stg_typed_items
),

merged as (
    select
        identities.event_key,
        identities.event_body_id,
        identities.event_item_index,
        sum(bodies.delivery_count) as delivery_count,
        count(*) as body_count,
        min(bodies.received_at) as received_at,
        max(bodies.last_received_at) as last_received_at
    from identities
    inner join bodies on identities.body_id = bodies.body_id
    group by identities.event_key, identities.event_body_id, identities.event_item_index
),

conflicts as (
    select
        identities.event_key,
        count(distinct items.mapped_fields_hash) > 1 as is_id_conflict
    from identities
    inner join claims on identities.body_id = claims.body_id
    inner join items on identities.body_id = items.body_id and items.item_index = 0
    where claims.status = 'mapped'
    group by identities.event_key
)

select
    merged.event_key, -- names the event in every table
    claims.event_type, -- as sent; NULL when the body is not JSON or says no type
    claims.event_id, -- the sender's name for the event; NULL when there is none
    case when claims.verdict is null then items.occurred_at end as occurred_at, -- when it happened, by the sender; NULL when the body does not say
    merged.received_at, -- when its first delivery was read, by us
    merged.last_received_at, -- when its latest delivery was read
    cast(merged.delivery_count as bigint) as delivery_count, -- deliveries of it, repeats included
    cast(merged.body_count as bigint) as body_count, -- different bodies that told it
    claims.status = 'test' as is_test, -- test traffic, excluded from every other table
    claims.status, -- mapped, quarantined, unhandled or test
    case when claims.status = 'quarantined' then split_part(claims.reasons, ' ', 1) end as reason, -- why it was quarantined
    coalesce(conflicts.is_id_conflict, false) as is_id_conflict, -- its bodies disagree; the latest created_at counts
    coalesce(items.is_time_assumed, false) as is_time_assumed, -- the time had no offset and was read as Pacific
    items.body_sha256 -- SHA-256 of the body that speaks for it
from merged
inner join claims on merged.event_body_id = claims.body_id
inner join items on merged.event_body_id = items.body_id and merged.event_item_index = items.item_index
left join conflicts on merged.event_key = conflicts.event_key
