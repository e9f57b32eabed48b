-- One notice of a chargeback, and the dispute that it is news of.
-- key: event_key, item_index
-- refresh by: receipt
-- explained by int_reversals: receipt where source.event_type = 'chargeback.received'
-- The id names the dispute. Without an id, each notice received is a dispute of its own, the same in all roles; a notice of
-- reversed, won or lost is news of the latest open dispute, as brackets close: of those that its own role was told of, else of
-- those that only other roles were.
with reversals as (
    select * from int_reversals
),

notices as (
    select
        event_key,
        item_index,
        receipt,
        vendor,
        role,
        chargeback_id,
        reversed_at,
        reversed_date,
        body_sha256,
        chargeback_status != 'received' as is_closing,
        row_number() over (
            partition by receipt, vendor, role, chargeback_id
            order by reversed_at, chargeback_status != 'received', body_sha256, item_index
        ) as number_in_dispute
    from reversals
    where event_type = 'chargeback.received'
),

numbered as (
    select
        *,
        row_number() over (
            partition by receipt, vendor, role, reversed_date order by reversed_at, body_sha256, item_index
        ) as number_in_day
    from notices
    where case when chargeback_id is null then not is_closing else number_in_dispute = 1 end
),

openings as (
    select
        *,
        coalesce(
            'id ' || chargeback_id,
            'id ' || min(chargeback_id) over same_time,
            cast(reversed_date as varchar) || ' ' || cast(number_in_day as varchar)
        ) as dispute
    from numbered
    window same_time as (partition by receipt, vendor, reversed_date, number_in_day)
),

closings as (
    select * from notices
    where chargeback_id is null and is_closing
),

-- An opening that is closed by its id needs no other news.
closed_by_id as (
    select distinct
        receipt,
        vendor,
        'id ' || chargeback_id as dispute
    from notices
    where chargeback_id is not null and is_closing
),

disputes as (
    select
        openings.receipt,
        openings.vendor,
        openings.dispute,
        min((openings.reversed_at, openings.body_sha256, openings.item_index)) as begun,
        list(openings.role) as roles,
        bool_or(closed_by_id.dispute is not null) as is_closed_by_id
    from openings
    left join closed_by_id
        on
            openings.receipt = closed_by_id.receipt
            and openings.vendor is not distinct from closed_by_id.vendor
            and openings.dispute = closed_by_id.dispute
    group by openings.receipt, openings.vendor, openings.dispute
),

open_disputes as (
    select openings.* from openings
    inner join disputes
        on
            openings.receipt = disputes.receipt
            and openings.vendor is not distinct from disputes.vendor
            and openings.dispute = disputes.dispute
    where not disputes.is_closed_by_id
),

-- In each role: the openings and closings that it was told.
stacked as (
    select event_key, item_index, receipt, vendor, role, reversed_at, body_sha256, dispute, 1 as change from open_disputes
    union all
    select event_key, item_index, receipt, vendor, role, reversed_at, body_sha256, null as dispute, -1 as change from closings
),

counted as (
    select
        *,
        sum(change) over so_far as depth,
        row_number() over so_far as position
    from stacked
    window so_far as (
        partition by receipt, vendor, role order by reversed_at, change desc, body_sha256, item_index
        rows between unbounded preceding and current row
    )
),

closed as (
    select
        closing.event_key,
        closing.item_index,
        max_by(opening.dispute, opening.position) as dispute
    from counted as closing
    inner join counted as opening
        on
            closing.receipt = opening.receipt
            and closing.vendor is not distinct from opening.vendor
            and closing.role = opening.role
            and closing.position > opening.position
            and closing.depth = opening.depth - 1
            and opening.change = 1
    where closing.change = -1
    group by closing.event_key, closing.item_index
),

unmatched as (
    select closings.* from closings
    left join closed on closings.event_key = closed.event_key and closings.item_index = closed.item_index
    where closed.event_key is null
),

-- In each role again: the disputes that only others were told of, and the closings that are left.
foreign_disputes as (
    select
        strangers.role,
        disputes.*
    from (select distinct receipt, vendor, role from unmatched) as strangers
    inner join disputes
        on strangers.receipt = disputes.receipt and strangers.vendor is not distinct from disputes.vendor
    where not disputes.is_closed_by_id and not list_contains(disputes.roles, strangers.role)
),

foreign_stacked as (
    select null as event_key, null as item_index, receipt, vendor, role, begun, dispute, 1 as change from foreign_disputes
    union all
    select
        event_key, item_index, receipt, vendor, role, (reversed_at, body_sha256, item_index) as begun, null as dispute, -1 as change
    from unmatched
),

foreign_counted as (
    select
        *,
        sum(change) over so_far as depth,
        row_number() over so_far as position
    from foreign_stacked
    window so_far as (
        partition by receipt, vendor, role order by begun[1], change desc, begun[2], begun[3], dispute
        rows between unbounded preceding and current row
    )
),

foreign_closed as (
    select
        closing.event_key,
        closing.item_index,
        max_by(opening.dispute, opening.position) as dispute
    from foreign_counted as closing
    inner join foreign_counted as opening
        on
            closing.receipt = opening.receipt
            and closing.vendor is not distinct from opening.vendor
            and closing.role = opening.role
            and closing.position > opening.position
            and closing.depth = opening.depth - 1
            and opening.change = 1
    where closing.change = -1
    group by closing.event_key, closing.item_index
),

-- Where none is open: the latest begun before it, in any role, else the first to begin.
nearest as (
    select
        unmatched.event_key,
        unmatched.item_index,
        coalesce(
            max_by(disputes.dispute, disputes.begun) filter (where disputes.begun[1] <= unmatched.reversed_at),
            min_by(disputes.dispute, disputes.begun)
        ) as dispute
    from unmatched
    inner join disputes
        on unmatched.receipt = disputes.receipt and unmatched.vendor is not distinct from disputes.vendor
    group by unmatched.event_key, unmatched.item_index
)

select
    notices.event_key,
    notices.item_index,
    notices.receipt,
    coalesce(
        'id ' || notices.chargeback_id, openings.dispute, closed.dispute, foreign_closed.dispute, nearest.dispute, 'unknown'
    ) as dispute
from notices
left join openings on notices.event_key = openings.event_key and notices.item_index = openings.item_index
left join closed on notices.event_key = closed.event_key and notices.item_index = closed.item_index
left join foreign_closed on notices.event_key = foreign_closed.event_key and notices.item_index = foreign_closed.item_index
left join nearest on notices.event_key = nearest.event_key and notices.item_index = nearest.item_index
