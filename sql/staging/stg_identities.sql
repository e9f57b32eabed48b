-- One distinct body and the event it belongs to in the end.
-- key: body_id
-- A winner of layer 2 that lost every item to others belongs to the event that won its first item.
with claims as (
    select * from stg_claims
),

winners as (
    select * from stg_event_ids
),

items as (
    select * from stg_typed_items
),

natural_keys as (
    select * from stg_natural_keys
),

-- the first item that each body won
won as (
    select
        body_id,
        min(item_index) as item_index
    from natural_keys
    group by body_id
),

first_items as (
    select
        items.body_id,
        natural_keys.body_id as winner_body_id
    from items
    inner join natural_keys
        on items.event_type = natural_keys.event_type and items.natural_key = natural_keys.natural_key
    where items.item_index = 0
),

owners as (
    select
        claims.body_id,
        claims.identity_key,
        case
            when winners.status != 'mapped' then winners.body_id
            when won.body_id is not null then winners.body_id
            else first_items.winner_body_id
        end as event_body_id
    from claims
    inner join winners on claims.identity_key = winners.identity_key
    left join won on winners.body_id = won.body_id
    left join first_items on winners.body_id = first_items.body_id
),

named as (
    select
        owners.body_id,
        owners.event_body_id,
        coalesce(won.item_index, 0) as event_item_index,
        case
            when won.body_id is not null then cast(to_json(['key', items.event_type, items.natural_key]) as varchar)
            else event_claims.identity_key
        end as event_name
    from owners
    inner join claims as event_claims on owners.event_body_id = event_claims.body_id
    left join won on owners.event_body_id = won.body_id
    left join items on won.body_id = items.body_id and won.item_index = items.item_index
)

select
    body_id, -- joins to stg_bodies.body_id
    event_body_id, -- the body that speaks for the event
    event_item_index, -- the first item that body won
    substr(sha256(event_name), 1, 32) as event_key -- depends on what the event says it is, never on when it arrived
from named
