-- The rows that a night adds to restatement_events: its entries for days that were over in the previous night.
-- key: event_key, receipt, report_date, currency, vendor
with entries as (
    select * from nightly_entries
    where
        night_date = getvariable('night_date')
        and report_date < getvariable('previous_night_date')
),

-- What each of these events counted for before, and counts for now.
histories as (
    select
        event_key,
        count(*) filter (where night_date < getvariable('night_date')) > 0 as was_counted,
        sum(sale_count) != 0
        or sum(rebill_count) != 0
        or sum(gross_sales) != 0
        or sum(refund_count) != 0
        or sum(refund_amount) != 0
        or sum(chargeback_count) != 0
        or sum(chargeback_amount) != 0 as is_counted
    from nightly_entries
    where event_key in (select event_key from entries)
    group by event_key
),

-- The load sequences of each event's first body and of its newest.
bodies as (
    select
        stg_events.event_key,
        min(stg_merges.body_id) as first_sequence,
        max(stg_merges.body_id) as newest_sequence
    from stg_events
    inner join stg_merges on stg_events.event_body_id = stg_merges.event_body_id
    where stg_events.event_key in (select event_key from entries)
    group by stg_events.event_key
)

select
    entries.night_date,
    entries.report_date,
    entries.currency,
    entries.vendor,
    entries.event_key,
    entries.event_type,
    entries.receipt,
    case
        when not histories.was_counted and bodies.first_sequence > getvariable('previous_watermark') then 'received_late'
        when not histories.was_counted then 'mapped_late'
        when bodies.newest_sequence > getvariable('previous_watermark') then 'replaced'
        when not histories.is_counted then 'withdrawn'
        else 'read_anew'
    end as cause,
    events.occurred_at,
    events.received_at,
    events.last_received_at,
    entries.sale_count as sale_count_change,
    entries.rebill_count as rebill_count_change,
    entries.gross_sales as gross_sales_change,
    entries.refund_count as refund_count_change,
    entries.refund_amount as refund_amount_change,
    entries.chargeback_count as chargeback_count_change,
    entries.chargeback_amount as chargeback_amount_change,
    entries.gross_sales - entries.refund_amount - entries.chargeback_amount as net_sales_change
from entries
inner join histories on entries.event_key = histories.event_key
left join bodies on entries.event_key = bodies.event_key
left join events on entries.event_key = events.event_key
