-- One event type and JSON path at which its bodies hold a value: which keys come, since when, and which are read.
-- key: event_type, json_path
-- explained by stg_shape_events: event_type where source.shape_hash in (select p.shape_hash from stg_shape_paths as p where p.json_path = target.json_path or (ends_with(target.json_path, '*') and starts_with(p.json_path, rtrim(target.json_path, '*'))))
-- explained by stg_shape_events: event_type where source.first_seen_at = (select min(l.first_seen_at) from stg_shape_events as l where l.event_type is not distinct from target.event_type and l.shape_hash in (select p.shape_hash from stg_shape_paths as p))
-- explained by stg_today: all
-- No value of a body is in here. What an array holds is at [*]; keys of a free map, and keys that are no names, are `*`.
-- So are the unread keys of an object that has had more than 200 of them: whatever a sender invents, the table stays small.
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

placed as (
    select
        counts.*,
        paths.data_path,
        paths.json_path,
        paths.json_type,
        case
            when counts.event_type in ('sale.created', 'refund.processed', 'chargeback.received') then 'transaction'
            when counts.event_type = 'threshold.reached' then 'alert'
            when counts.event_type = 'data.synced' then 'sync'
        end as scope
    from counts
    inner join paths on counts.shape_hash = paths.shape_hash
),

names as (
    select distinct
        event_type,
        scope,
        data_path,
        json_path
    from placed
),

judged as (
    select
        *,
        struct_pack(scope := 'envelope', path := item_path(json_path, '$')) in (select known from aliases)
        or struct_pack(scope := scope, path := item_path(json_path, data_path)) in (select known from aliases) as is_mapped
    from names
),

steps as (
    select distinct
        event_type,
        json_path,
        unnest(parents_of(json_path)) as step
    from judged
    where not is_mapped
),

maps as (
    select
        event_type,
        step.parent
    from steps
    group by event_type, step.parent
    having count(distinct step.key) > 200
),

-- Of maps inside maps the outermost is shown.
shortened as (
    select
        steps.event_type,
        steps.json_path,
        min_by(maps.parent, length(maps.parent)) || '.*' as shown_path
    from steps
    inner join maps on steps.event_type is not distinct from maps.event_type and steps.step.parent = maps.parent
    group by steps.event_type, steps.json_path
),

shown as (
    select
        judged.event_type,
        judged.data_path,
        judged.json_path,
        judged.is_mapped,
        case when judged.is_mapped then judged.json_path else coalesce(shortened.shown_path, judged.json_path) end as shown_path
    from judged
    left join shortened
        on judged.event_type is not distinct from shortened.event_type and judged.json_path = shortened.json_path
),

-- Paths that are one now are one in each body too: its event counts once.
found as (
    select
        placed.event_type,
        placed.shape_hash,
        shown.shown_path as json_path,
        bool_or(shown.is_mapped) as is_mapped,
        case when count(distinct nullif(placed.json_type, 'null')) > 1 then 'mixed' else min(nullif(placed.json_type, 'null')) end
            as json_type,
        any_value(placed.event_count) as event_count,
        any_value(placed.first_seen_at) as first_seen_at,
        any_value(placed.last_seen_at) as last_seen_at
    from placed
    inner join shown
        on
            placed.event_type is not distinct from shown.event_type
            and placed.data_path = shown.data_path
            and placed.json_path = shown.json_path
    group by placed.event_type, placed.shape_hash, shown.shown_path
),

merged as (
    select
        event_type,
        json_path,
        bool_or(is_mapped) as is_mapped,
        string_agg(distinct json_type, ' or ' order by json_type) as json_type,
        sum(event_count) as event_count,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from found
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
