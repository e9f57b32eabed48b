-- One currency x vendor, and since when anything happened there.
-- key: currency, vendor
-- Apart from the spine, which is written again only when one of these days or the last day changes.
with days as (
    select * from int_rate_days
)

select
    currency,
    vendor,
    min(entered_date) as first_date,
    min(entered_date) filter (where measure in ('sale', 'chargeback')) as first_chargeback_rate_date
from days
group by currency, vendor
