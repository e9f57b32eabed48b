-- One distinct event with all that is published of it, and the reasons of a quarantine.
-- key: event_body_id
-- stored by: event_body_id
-- refresh by: event_body_id
-- from int_claims: body_id as event_body_id
-- from stg_typed_items: body_id as event_body_id
-- from int_event_items: body_id as event_body_id
-- from int_parts: body_id as event_body_id
-- lists places by: event_key
-- explained by int_merges: event_body_id
-- explained by int_event_items: body_id as event_body_id
with bodies as (
    select * from int_merges
),

claims as (
    select * from int_claims
),

items as (
    select * from stg_typed_items
),

event_items as (
    select * from int_event_items
    where is_first
),

parts as (
    select * from int_parts
),

-- The amount of an event that no fact holds; the parts of one thing have one amount.
told as (
    select
        items.body_id,
        case when is_transaction(items.event_type) then coalesce(items.currency, parts.currency) end as currency,
        case
            when parts.body_id is null then items.amount
            when coalesce(parts.reasons, '') not like '%parts_disagree%' then parts.amount
        end as amount
    from items
    inner join claims on items.body_id = claims.body_id
    left join parts on items.body_id = parts.body_id and items.item_index = parts.item_index
    where
        claims.status in ('quarantined', 'unhandled')
        and coalesce(parts.lead_item_index, items.item_index) = items.item_index
),

outside as (
    select
        body_id,
        case when count(distinct coalesce(currency, '')) = 1 then min(currency) end as currency,
        case
            when count(amount) = count(*) and count(distinct coalesce(currency, '')) = 1
                then cast(sum(amount) as decimal(18, 4))
        end as amount
    from told
    group by body_id
),

merged as (
    select
        event_body_id,
        any_value(identity_key) filter (where body_id = event_body_id) as identity_key,
        sum(delivery_count) as delivery_count,
        count(*) as body_count,
        min(received_at) as received_at,
        max(last_received_at) as last_received_at,
        -- two sources may tell one event differently
        count(distinct told_by || mapped_fields_hash) filter (where is_readable)
        > count(distinct told_by) filter (where is_readable) as is_id_conflict
    from bodies
    group by event_body_id
)

select
    merged.event_body_id, -- joins to stg_bodies.body_id
    cast(merged.event_body_id // 8192 as bigint) as block_id, -- joins to stg_body_shapes
    case
        when event_items.event_key is not null then event_items.event_key
        when merged.identity_key like '["id"%' then event_key('id', claims.event_type, claims.event_id)
        when merged.identity_key like '["body"%' then event_key('body', claims.event_type, coalesce(claims.told_sha256, claims.body_sha256))
        else event_key('subject', claims.event_type, merged.identity_key)
    end as event_key,
    claims.event_type,
    claims.event_id,
    case when claims.verdict is null then coalesce(parts.occurred_at, items.occurred_at) end as occurred_at,
    merged.received_at,
    merged.last_received_at,
    cast(merged.delivery_count as bigint) as delivery_count,
    cast(merged.body_count as bigint) as body_count,
    claims.status,
    claims.reasons,
    claims.unhandled_reason,
    merged.is_id_conflict,
    coalesce(parts.is_time_assumed, items.is_time_assumed) as is_time_assumed,
    outside.amount,
    outside.currency,
    claims.body_sha256
from merged
inner join claims on merged.event_body_id = claims.body_id
left join event_items on merged.event_body_id = event_items.body_id
left join outside on merged.event_body_id = outside.body_id
inner join items
    on merged.event_body_id = items.body_id and coalesce(event_items.item_index, 0) = items.item_index
left join parts on items.body_id = parts.body_id and items.item_index = parts.item_index
