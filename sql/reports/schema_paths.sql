-- One event type and JSON path at which its bodies hold a value: which keys come, since when, and which are read.
-- key: event_type, json_path
-- explained by int_shape_events: event_type file explained/schema_paths_by_shapes.sql
-- explained by int_shape_events: event_type file explained/schema_paths_by_first_events.sql
-- explained by int_as_of: all
-- No value of a body is in here. An array's elements are at [*]; keys of a free map, and keys that are no names, are `*`.
-- So are the unread keys of an object that has had more than 200 of them: the table stays small for any sender.
with counts as (
    select * from int_shape_events
),

paths as (
    select * from stg_shape_paths
),

buckets as (
    select * from int_path_buckets
),

moment as (
    select * from int_as_of
),

aliases as (
    select unnest(getvariable('alias_paths')) as known
),

found as (
    select
        event_type,
        data_path,
        json_path,
        nullif(json_type, 'null') as json_type,
        sum(event_count) as event_count,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from buckets
    group by event_type, data_path, json_path, json_type
),

scoped as (
    select
        *,
        event_scope(event_type) as scope
    from found
),

judged as (
    select
        *,
        struct_pack(scope := 'envelope', path := item_path(json_path, '$')) in (select known from aliases)
        or struct_pack(scope := scope, path := item_path(json_path, data_path)) in (select known from aliases) as is_mapped
    from scoped
),

unread as (
    select distinct
        event_type,
        data_path,
        json_path
    from judged
    where not is_mapped
),

steps as (
    select distinct
        event_type,
        json_path,
        unnest(parents_of(json_path)) as step
    from unread
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
hidden as (
    select
        unread.event_type,
        unread.data_path,
        unread.json_path,
        min_by(maps.parent, length(maps.parent)) || '.*' as shown_path
    from unread
    inner join steps
        on unread.event_type is not distinct from steps.event_type and unread.json_path = steps.json_path
    inner join maps on steps.event_type is not distinct from maps.event_type and steps.step.parent = maps.parent
    group by unread.event_type, unread.data_path, unread.json_path
),

-- Many paths of one body are one here: its events count once.
in_maps as (
    select
        counts.event_type,
        hidden.shown_path as json_path,
        false as is_mapped,
        case when count(distinct nullif(paths.json_type, 'null')) > 1 then 'mixed' else min(nullif(paths.json_type, 'null')) end
            as json_type,
        any_value(counts.event_count) as event_count,
        any_value(counts.first_seen_at) as first_seen_at,
        any_value(counts.last_seen_at) as last_seen_at
    from hidden
    inner join paths on hidden.data_path = paths.data_path and hidden.json_path = paths.json_path
    inner join counts on paths.shape_hash = counts.shape_hash and hidden.event_type is not distinct from counts.event_type
    group by counts.event_type, counts.shape_hash, hidden.shown_path
),

shown as (
    select event_type, json_path, is_mapped, json_type, event_count, first_seen_at, last_seen_at from judged
    where
        is_mapped
        or not exists (
            select 1 from hidden
            where
                hidden.event_type is not distinct from judged.event_type
                and hidden.data_path = judged.data_path
                and hidden.json_path = judged.json_path
        )
    union all
    select * from in_maps
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
    from shown
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
        merged.first_seen_at > moment.as_of_at - interval 7 day
        and min(merged.first_seen_at) over (partition by merged.event_type) <= moment.as_of_at - interval 7 day,
        false
    ) as is_new -- first seen in the last 7 days, counted from the latest sale or reversal, while the event type is older
from merged
cross join moment
