-- The rows that a night adds to restatement_events: its entries for days that were over in the previous night.
-- key: night_date, event_key, receipt, report_date, currency, vendor
with entries as (
    select * from nightly_entries
    where
        night_date = getvariable('night_date')
        and report_date < getvariable('previous_night_date')
),

-- The contribution of each of these events before and now.
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
        int_events.event_key,
        min(int_merges.body_id) as first_sequence,
        max(int_merges.body_id) as newest_sequence
    from int_events
    inner join int_merges on int_events.event_body_id = int_merges.event_body_id
    where int_events.event_key in (select event_key from entries)
    group by int_events.event_key
),

instants as (
    select
        event_key,
        receipt,
        sold_at as occurred_at
    from fct_sales
    where is_counted
    union all
    select
        event_key,
        receipt,
        refunded_at
    from fct_refunds
    where is_counted
    union all
    select
        event_key,
        receipt,
        charged_back_at
    from fct_chargebacks
    where is_counted
),

days_in_zones as (
    select
        event_key,
        receipt,
        cast(timezone(getvariable('previous_report_zone'), occurred_at) as date) as previous_date,
        cast(timezone(getvariable('report_zone'), occurred_at) as date) as present_date
    from instants
),

-- The receipts of which something has another day in this night's report zone than in that of the previous night. Counts of a
-- day can change for its neighbours too: a day counts a payment once.
moved as (
    select distinct
        entries.event_type,
        entries.receipt
    from entries
    inner join days_in_zones
        on entries.event_key = days_in_zones.event_key and entries.receipt = days_in_zones.receipt
    where
        days_in_zones.previous_date != days_in_zones.present_date
        and entries.report_date in (days_in_zones.previous_date, days_in_zones.present_date)
),

-- An event named by a field that another alias reads differently (the vendor of a sale) has another key from then on: the same
-- receipt then has an event that is gone, and one that had been received and never counted.
judged as (
    select
        entries.*,
        histories.was_counted,
        histories.is_counted,
        bodies.first_sequence,
        moved.receipt is not null as is_moved,
        bool_or(bodies.event_key is null) over receipt_events
        and bool_or(not histories.was_counted and bodies.first_sequence <= getvariable('previous_watermark'))
            over receipt_events as is_renamed,
        coalesce(bodies.newest_sequence, max(bodies.newest_sequence) over receipt_events) as newest_sequence
    from entries
    inner join histories on entries.event_key = histories.event_key
    left join bodies on entries.event_key = bodies.event_key
    left join moved on entries.event_type = moved.event_type and entries.receipt = moved.receipt
    window receipt_events as (partition by entries.event_type, entries.receipt)
)

select
    judged.night_date,
    judged.report_date,
    judged.currency,
    judged.vendor,
    judged.event_key,
    judged.event_type,
    judged.receipt,
    case
        when not judged.was_counted and judged.first_sequence > getvariable('previous_watermark') then 'received_late'
        when judged.is_moved and judged.newest_sequence <= getvariable('previous_watermark') then 'zone_changed'
        when not judged.was_counted and not judged.is_renamed then 'mapped_late'
        when not judged.is_counted and not judged.is_renamed then 'withdrawn'
        when judged.newest_sequence > getvariable('previous_watermark') then 'replaced'
        else 'read_anew'
    end as cause,
    events.occurred_at,
    events.received_at,
    events.last_received_at,
    judged.sale_count as sale_count_change,
    judged.rebill_count as rebill_count_change,
    judged.gross_sales as gross_sales_change,
    judged.refund_count as refund_count_change,
    judged.refund_amount as refund_amount_change,
    judged.chargeback_count as chargeback_count_change,
    judged.chargeback_amount as chargeback_amount_change,
    judged.gross_sales - judged.refund_amount - judged.chargeback_amount as net_sales_change
from judged
left join events on judged.event_key = events.event_key
