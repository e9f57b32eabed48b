-- One path at which the bodies of a shape hold a value; an array's elements are at [*].
-- key: shape_hash, json_path
-- stored by: bucket_id
-- refresh by: shape_hash
-- affected by raw_events: select shape_hash from int_shapes, changed where false
-- A raw event is never changed, and a new one comes with a new row of int_shapes or changes no shape.
-- Keys that no alias reads are a sender's own words: those that may be a value, or come from a map, are `*`.
with examples as (
    select * from int_shapes
),

deliveries as (
    select * from raw_events
),

aliases as (
    select unnest(getvariable('alias_paths')) as known
),

structures as (
    select
        examples.shape_hash,
        json_structure(without_nil(readable_text(deliveries.body, deliveries.document))) as structure
    from examples
    inner join deliveries on examples.body_id = deliveries.sequence
),

located as (
    select
        *,
        case
            when is_structured(structure, '$.data.object') and is_structured(structure, '$.data') then '$.data.object'
            when is_structured(structure, '$.data') then '$.data'
            when is_structured(structure, '$.payload') then '$.payload'
            when is_structured(structure, '$.object') then '$.object'
            else '$'
        end as data_path
    from structures
),

nodes as (
    select
        located.shape_hash,
        located.data_path,
        replace(node.fullkey, '[0]', '[*]') as full_path,
        json_kind(node.atom) as json_type
    from located
    -- types have no dot, so every dot is inside a key, where it must not look like a step into an object
    cross join json_tree(translate(cast(located.structure as varchar), '.', '∙')) as node
    where node.atom is not null
),

names as (
    select distinct
        data_path,
        full_path
    from nodes
),

shown as (
    select
        data_path,
        full_path,
        case
            when
                item_path(full_path, '$') in (select known.path from aliases)
                or item_path(full_path, data_path) in (select known.path from aliases)
                then full_path
            else discreet_path(full_path)
        end as json_path
    from names
)

select
    nodes.shape_hash,
    cast(nodes.shape_hash % 256 as integer) as bucket_id, -- shapes apart into buckets, so that few are counted again
    nodes.data_path, -- where the bodies hold their data
    shown.json_path,
    case
        when count(distinct nullif(nodes.json_type, 'null')) > 1 then 'mixed'
        else coalesce(min(nullif(nodes.json_type, 'null')), 'null')
    end as json_type -- text, number, boolean, null, or mixed: several kinds, or an empty object
from nodes
inner join shown on nodes.data_path = shown.data_path and nodes.full_path = shown.full_path
group by nodes.shape_hash, nodes.data_path, shown.json_path
