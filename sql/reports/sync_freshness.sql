-- One source: when it last synced, and whether that is on time by its own habit.
-- key: source
-- explained by int_syncs: source
-- explained by fct_data_syncs: source, completed_at as last_synced_at
-- explained by int_as_of: all
with syncs as (
    select * from fct_data_syncs
),

moment as (
    select * from int_as_of
),

-- Both window functions follow one order, so that syncs at one instant make one set of gaps, whichever of them comes first.
ordered as (
    select
        *,
        row_number() over latest_first as recency,
        lead(completed_at) over latest_first as previous_at
    from syncs
    window latest_first as (
        partition by source
        order by
            completed_at desc, sync_id desc nulls last, records_claimed desc nulls last, records_held desc nulls last,
            event_key, item_index
    )
),

-- The habit is the median gap of the last ten syncs; two syncs are no habit.
sources as (
    select
        source,
        max(completed_at) as last_synced_at,
        case
            when count(*) filter (where recency <= 10) >= 3
                then cast(
                    round(
                        median(epoch_us(completed_at) - epoch_us(previous_at))
                            filter (where recency <= 9 and previous_at is not null)
                    ) as bigint
                )
        end as expected_microseconds,
        any_value(records_claimed) filter (where recency = 1) as records_claimed,
        any_value(records_held) filter (where recency = 1) as records_held
    from ordered
    group by source
),

aged as (
    select
        sources.*,
        case
            when moment.as_of_at is not null
                then greatest(epoch_us(moment.as_of_at) - epoch_us(sources.last_synced_at), 0)
        end as lag_microseconds
    from sources
    cross join moment
)

select
    source, -- the source synced
    last_synced_at, -- when its latest sync completed
    cast(expected_microseconds // 1000000 as bigint) as expected_interval_seconds, -- median gap of its last ten syncs, in whole seconds; NULL below three
    cast(lag_microseconds // 1000000 as bigint) as lag_seconds, -- from its latest sync to the latest sale, refund or chargeback, in whole seconds; never below 0, NULL when there is none
    case
        when expected_microseconds is null or lag_microseconds is null then 'unknown'
        when lag_microseconds * 2 <= expected_microseconds * 3 then 'on_time'
        when lag_microseconds <= expected_microseconds * 3 then 'late'
        else 'missing'
    end as status, -- on_time, late, missing or unknown
    records_claimed, -- records of its latest sync, by its word
    records_held -- records of that sync's range that we hold
from aged
