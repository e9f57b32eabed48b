-- One notice of a chargeback, and the dispute that it is news of.
-- key: event_key, item_index
-- refresh by: receipt
-- explained by int_reversals: receipt where source.event_type = 'chargeback.received'
-- The id names the dispute. Without an id, each notice received is a dispute of its own, the same in all roles; a notice of
-- reversed, won or lost is news of the latest open dispute, as brackets close.
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
        bool_or(chargeback_id is not null and chargeback_status != 'received') over (
            partition by receipt, vendor, chargeback_id
        ) as is_closed_by_id,
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
stacked as (
    select event_key, item_index, receipt, vendor, role, reversed_at, body_sha256, dispute, 1 as change from openings
    where not is_closed_by_id
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

-- Where none is open: the latest before it, in any role, else the earliest.
nearest as (
    select
        closings.event_key,
        closings.item_index,
        openings.dispute
    from closings
    inner join openings
        on closings.receipt = openings.receipt and closings.vendor is not distinct from openings.vendor
    qualify
        row_number() over (
            partition by closings.event_key, closings.item_index
            order by
                (openings.reversed_at <= closings.reversed_at) desc,
                abs(epoch_us(openings.reversed_at) - epoch_us(closings.reversed_at)),
                openings.dispute
        ) = 1
)

select
    notices.event_key,
    notices.item_index,
    notices.receipt,
    coalesce('id ' || notices.chargeback_id, openings.dispute, closed.dispute, nearest.dispute, 'unknown') as dispute
from notices
left join openings on notices.event_key = openings.event_key and notices.item_index = openings.item_index
left join closed on notices.event_key = closed.event_key and notices.item_index = closed.item_index
left join nearest on notices.event_key = nearest.event_key and notices.item_index = nearest.item_index
