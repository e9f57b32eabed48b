-- Two sources that have told one transaction.
-- key: source, other_source
with combinations as (
    select distinct string_split(sources, ',') as sources from int_shared_tellings
),

members as (
    select
        sources,
        unnest(sources) as source
    from combinations
)

select distinct
    source,
    other_source
from members, unnest(sources) as others (other_source)
where source < other_source
