-- One distinct body: its status, and which event it claims to be (layers 1 and 2 of identity).
-- key: body_id
-- stored by: body_id
-- refresh by: body_id
-- placed by: identity_hash
-- Identity, in layers: equal bytes, then equal event type and event id (int_winners), then equal natural keys
-- (int_owned_items).
with items as (
    select * from stg_typed_items
),

parts as (
    select * from int_parts
),

repeats as (
    select * from stg_repeats
),

-- A clock that was wrong when a body came first may be right when the same bytes come again; the parts of a thing are
-- judged together.
judged as (
    select
        items.*,
        repeats.delivery_count,
        repeats.last_received_at,
        nullif(
            concat_ws(
                ';',
                items.reasons,
                case when is_too_late(items.occurred_at, repeats.last_received_at) then items.ahead_reason end,
                parts.reasons,
                case when parts.body_id is null then 'negative_amount ' || items.negative_path end
            ),
            ''
        ) as all_reasons
    from items
    inner join repeats on items.body_id = repeats.body_id
    left join parts on items.body_id = parts.body_id and items.item_index = parts.item_index
),

-- All items of a body have the body's own columns.
bodies as (
    select
        body_id,
        body_sha256,
        any_value(told_sha256) as told_sha256,
        any_value(received_at) as received_at,
        any_value(verdict) as verdict,
        any_value(told_by) as told_by,
        any_value(event_type) as event_type,
        any_value(event_id) as event_id,
        any_value(identity_hash) as identity_hash,
        any_value(created_at) as created_at,
        bool_or(is_test) as is_test,
        bool_or(is_order_id) as is_order_id,
        bool_and(unhandled_reason is not null) as is_unhandled,
        min_by(unhandled_reason, item_index) as unhandled_reason,
        min_by(mapped_fields_hash, item_index) as mapped_fields_hash,
        -- a fan-out maps as a whole or not at all
        string_agg(all_reasons, ';' order by item_index) as reasons,
        any_value(delivery_count) as delivery_count,
        any_value(last_received_at) as last_received_at
    from judged
    group by body_id, body_sha256
),

read as (
    select
        *,
        coalesce(
            verdict is null and reasons is null and not is_test
            and is_handled(event_type),
            false
        ) as is_readable
    from bodies
)

select
    bodies.body_id, -- joins to stg_bodies.body_id
    bodies.body_sha256, -- lower-case hex
    bodies.told_sha256, -- of a notification of INS without the number of its attempt; NULL for other bodies
    bodies.received_at, -- earliest delivery of the body
    bodies.event_type, -- as sent; NULL when missing or not a string
    case when not bodies.is_order_id then bodies.event_id end as event_id, -- as the sender names the event; the order's own number names none
    bodies.created_at, -- the envelope's time
    case
        when is_test then 'test'
        when verdict is not null then 'quarantined'
        when event_type is null or not is_handled(event_type) then 'unhandled'
        when reasons is not null then 'quarantined'
        when is_unhandled then 'unhandled'
        else 'mapped'
    end as status, -- mapped, quarantined, unhandled or test
    bodies.is_readable, -- mapped, or unhandled because of its content
    bodies.verdict, -- of the strict parser; NULL when the body is a JSON object
    bodies.reasons, -- of all its items
    case when is_unhandled and is_readable then bodies.unhandled_reason end as unhandled_reason, -- of its first item
    case
        when event_id is not null and not is_order_id then cast(to_json(['id', event_type, event_id]) as varchar)
        else cast(to_json(['body', coalesce(told_sha256, body_sha256)]) as varchar)
    end as identity_key, -- bodies with one identity_key are one event, unless they are about different things: see int_subjects
    bodies.identity_hash, -- the hash that finds them
    bodies.mapped_fields_hash, -- of its first item, to notice bodies that disagree
    bodies.told_by, -- the source
    bodies.delivery_count, -- how often the body was delivered
    bodies.last_received_at -- its latest delivery
from read as bodies
