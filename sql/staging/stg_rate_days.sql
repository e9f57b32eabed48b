-- One change of a trailing window's contents: what enters or leaves the window of a length on a day.
-- key: measure, currency, vendor, window_days, report_date
-- A receipt reversed twice inside one window counts once: its earlier entry ends when the later begins.
with windows as (
    select unnest([1, 7, 14, 30, 60, 90]) as window_days
),

sales as (
    select
        'sale' as measure,
        currency,
        vendor,
        sold_date as entered_date,
        cast(null as date) as next_date,
        gross_amount as amount,
        is_rebill
    from fct_sales
    where is_counted
),

refunds as (
    select
        'refund' as measure,
        currency,
        vendor,
        refunded_date as entered_date,
        lead(refunded_date) over (partition by receipt, currency, vendor order by refunded_date, event_key, item_index) as next_date,
        refund_amount as amount,
        false as is_rebill
    from fct_refunds
    where is_counted
),

chargebacks as (
    select
        'chargeback' as measure,
        currency,
        vendor,
        charged_back_date as entered_date,
        lead(charged_back_date) over (partition by receipt, currency, vendor order by charged_back_date, event_key, item_index) as next_date,
        chargeback_amount as amount,
        false as is_rebill
    from fct_chargebacks
    where is_counted
),

facts as (
    select * from sales
    union all
    select * from refunds
    union all
    select * from chargebacks
),

changes as (
    select
        facts.measure,
        facts.currency,
        facts.vendor,
        windows.window_days,
        facts.entered_date as report_date,
        1 as receipt_change,
        cast(facts.is_rebill as integer) as rebill_change,
        facts.amount as amount_change
    from facts
    cross join windows
    union all
    select
        facts.measure,
        facts.currency,
        facts.vendor,
        windows.window_days,
        cast(
            least(facts.entered_date + windows.window_days * interval '1' day, coalesce(facts.next_date, date '9999-12-31'))
            as date
        ) as report_date,
        -1 as receipt_change,
        -cast(facts.is_rebill as integer) as rebill_change,
        cast(0 as decimal(18, 4)) as amount_change
    from facts
    cross join windows
    union all
    select
        facts.measure,
        facts.currency,
        facts.vendor,
        windows.window_days,
        cast(facts.entered_date + windows.window_days * interval '1' day as date) as report_date,
        0 as receipt_change,
        0 as rebill_change,
        -facts.amount as amount_change
    from facts
    cross join windows
)

select
    measure, -- sale, refund or chargeback
    currency,
    vendor,
    cast(window_days as integer) as window_days, -- length of the window
    report_date,
    cast(sum(receipt_change) as bigint) as receipt_change, -- receipts that enter less those that leave
    cast(sum(rebill_change) as bigint) as rebill_change, -- the rebills among them
    cast(coalesce(sum(amount_change), 0) as decimal(18, 4)) as amount_change -- the same for their amounts
from changes
group by measure, currency, vendor, window_days, report_date
