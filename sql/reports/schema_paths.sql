-- One event type and JSON path at which its bodies hold a value: which keys come, since when, and which are read.
-- key: event_type, json_path
-- No value of a body is in here. What an array holds is at [*]; keys of a free map, and keys that are no names, are `*`.
with counts as (
    select * from stg_shape_events
),

paths as (
    select * from stg_shape_paths
),

today as (
    select * from stg_today
),

aliases as (
    select unnest(getvariable('alias_paths')) as known
),

found as (
    select
        counts.event_type,
        paths.data_path,
        paths.json_path,
        paths.json_type,
        sum(counts.event_count) as event_count,
        min(counts.first_seen_at) as first_seen_at,
        max(counts.last_seen_at) as last_seen_at
    from counts
    inner join paths on counts.shape_hash = paths.shape_hash
    group by counts.event_type, paths.data_path, paths.json_path, paths.json_type
),

scoped as (
    select
        *,
        case
            when event_type in ('sale.created', 'refund.processed', 'chargeback.received') then 'transaction'
            when event_type = 'threshold.reached' then 'alert'
            when event_type = 'data.synced' then 'sync'
        end as scope
    from found
),

judged as (
    select
        *,
        struct_pack(scope := 'envelope', path := item_path(json_path, '$')) in (select known from aliases)
        or struct_pack(scope := scope, path := item_path(json_path, data_path)) in (select known from aliases) as is_mapped
    from scoped
),

merged as (
    select
        event_type,
        json_path,
        bool_or(is_mapped) as is_mapped,
        string_agg(distinct nullif(json_type, 'null'), ' or ' order by nullif(json_type, 'null')) as json_type,
        sum(event_count) as event_count,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from judged
    group by event_type, json_path
)

select
    merged.event_type, -- as sent; NULL when the body says no type
    merged.json_path, -- where the value stands; the keys on the way to it
    merged.is_mapped, -- some alias reads it
    coalesce(merged.json_type, 'null') as json_type, -- text, number, boolean, null or mixed; never a value
    cast(merged.event_count as bigint) as event_count, -- events that have it; test traffic is left out
    merged.first_seen_at, -- when its first event occurred; of one that was not mapped, when it was received
    merged.last_seen_at, -- the same of its latest event
    coalesce(
        merged.first_seen_at > today.as_of_at - interval 7 day
        and min(merged.first_seen_at) over (partition by merged.event_type) <= today.as_of_at - interval 7 day,
        false
    ) as is_new -- first seen in the last 7 days, counted from the latest sale or reversal, while the event type is older
from merged
cross join today
