-- Which events are behind a day's net sales?
-- The latest day; put another date in the first lines. The amounts add up to net_sales of daily_sales, to the cent.
with chosen as (
    select max(report_date) as report_date from daily_sales
),

entries as (
    select
        sold_date as report_date,
        sold_at as occurred_at,
        case when is_rebill then 'rebill' else 'sale' end as kind,
        receipt,
        vendor,
        affiliate,
        currency,
        gross_amount as amount,
        event_key
    from fct_sales
    where is_counted
    union all
    select
        refunded_date,
        refunded_at,
        'refund',
        receipt,
        vendor,
        affiliate,
        currency,
        -refund_amount,
        event_key
    from fct_refunds
    where is_counted
    union all
    select
        charged_back_date,
        charged_back_at,
        'chargeback',
        receipt,
        vendor,
        affiliate,
        currency,
        -chargeback_amount,
        event_key
    from fct_chargebacks
    where is_counted
)

select
    entries.report_date as day,
    entries.kind,
    entries.receipt,
    entries.vendor,
    entries.affiliate,
    entries.currency,
    entries.amount,
    cast(sum(entries.amount) over (partition by entries.currency) as decimal(18, 4)) as "net of the day",
    strftime(entries.occurred_at, '%Y-%m-%d %H:%M') as occurred,
    entries.event_key
from entries
inner join chosen on entries.report_date = chosen.report_date
order by entries.currency, entries.occurred_at, entries.event_key
