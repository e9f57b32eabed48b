-- Two sources that have told one transaction.
-- key: source, other_source
-- explained by int_shared_tellings: natural_hash
with combinations as (
    select
        sources,
        min(natural_hash) as natural_hash
    from int_shared_tellings
    group by sources
),

members as (
    select
        string_split(sources, ',') as sources,
        natural_hash,
        unnest(string_split(sources, ',')) as source
    from combinations
)

select
    members.source,
    others.other_source,
    min(members.natural_hash) as natural_hash -- one that both have told
from members, unnest(members.sources) as others (other_source)
where members.source < others.other_source
group by members.source, others.other_source
