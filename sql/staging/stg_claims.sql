-- One distinct body: what it is, and which event it claims to be (layers 1 and 2 of identity).
-- key: body_id
-- Identity, in layers: equal bytes, then equal event type and event id, then (stg_natural_keys) equal natural keys.
with items as (
    select * from stg_typed_items
),

bodies as (
    select
        body_id,
        body_sha256,
        min(received_at) as received_at,
        min(verdict) as verdict,
        min(event_type) as event_type,
        min(event_id) as event_id,
        min(created_at) as created_at,
        bool_or(is_test) as is_test,
        -- a fan-out maps as a whole or not at all
        string_agg(reasons, ';' order by item_index) as reasons
    from items
    group by body_id, body_sha256
)

select
    body_id, -- joins to stg_bodies.body_id
    body_sha256, -- lower-case hex
    received_at, -- earliest delivery of the body
    event_type, -- as sent; NULL when missing or not a string
    event_id, -- as the sender names the event
    created_at, -- the envelope's time
    case
        when is_test then 'test'
        when verdict is not null then 'quarantined'
        when
            event_type is null
            or event_type not in (
                'sale.created', 'refund.processed', 'chargeback.received', 'threshold.reached', 'data.synced'
            )
            then 'unhandled'
        when reasons is not null then 'quarantined'
        else 'mapped'
    end as status, -- mapped, quarantined, unhandled or test
    verdict, -- of the strict parser; NULL when the body is a JSON object
    reasons, -- of all its items
    case
        when event_id is not null then cast(to_json(['id', event_type, event_id]) as varchar)
        else cast(to_json(['body', body_sha256]) as varchar)
    end as identity_key -- bodies with one identity_key are one event
from bodies
