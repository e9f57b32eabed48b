-- Why did my net sales change since the last run?
-- Each event that changed a past day between the last two nights, the largest change first; the changes add up.
select
    report_date as day,
    currency,
    vendor,
    event_type as event,
    receipt,
    cause,
    strftime(occurred_at, '%Y-%m-%d %H:%M') as occurred,
    strftime(received_at, '%Y-%m-%d %H:%M') as received,
    cast(net_sales_change as decimal(18, 2)) as "net sales change",
    cast(
        sum(net_sales_change) over (partition by report_date, currency, vendor) as decimal(18, 2)
    ) as "change of the day"
from restatement_events
where night_date = (select max(night_date) from nightly_roll_ups)
order by report_date desc, currency, vendor, abs(net_sales_change) desc, event_key
