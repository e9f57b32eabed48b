-- One sold_date x currency x vendor: the sales made that day and all that has become of them until today.
-- key: sold_date, currency, vendor
-- stored by: sold_date
-- refresh by: sold_date
-- affected by int_today: select sold_date from int_cohort_totals
-- explained by int_cohort_totals: sold_date, currency, vendor
-- explained by int_today: all
-- Past days change with every late refund; as_of_date says up to when. Orphans have no cohort. A card holder may dispute a
-- charge for months: rates are NULL, never 0, until the day is 120 days old.
with totals as (
    select * from int_cohort_totals
),

today as (
    select * from int_today
),

aged as (
    select
        totals.*,
        today.today as as_of_date,
        date_diff('day', totals.sold_date, today.today) >= 120 as is_mature
    from totals
    cross join today
)

select
    sold_date, -- day of the sales, in the report zone
    currency, -- ISO 4217; NULL where none was said
    vendor, -- seller's nickname
    cast(receipt_count as bigint) as sale_count, -- sales made that day, initial sales and rebills together
    cast(rebill_count as bigint) as rebill_count, -- the rebills among them
    cast(gross_sales as decimal(18, 4)) as gross_sales, -- what customers paid; NULL where it is known of no sale
    cast(net_sales as decimal(18, 4)) as net_sales_cohort, -- gross less every refund and chargeback of these sales, whenever it came, of sales where it is known; NULL where it is of none
    cast(unknown_net_count as bigint) as unknown_net_count, -- sales that net_sales_cohort leaves out: something of them was taken back in another currency
    cast(refunded_sales as bigint) as refunded_sales, -- of the sales, refunded so far
    cast(charged_back_sales as bigint) as charged_back_sales, -- of the sales, charged back so far
    cast(reversed_sales as bigint) as reversed_sales, -- of the sales, refunded or charged back so far, or both
    case when is_mature then cast(reversed_sales as double) / cast(receipt_count as double) end as reversal_rate, -- reversed_sales / sale_count; NULL while immature; not the sum of the two other rates
    case when is_mature then cast(charged_back_sales as double) / cast(receipt_count as double) end as chargeback_rate_cohort, -- charged_back_sales / sale_count; NULL while immature
    case when is_mature then cast(standing_sales as double) / cast(receipt_count as double) end as chargeback_rate_cohort_net, -- the same without disputes that were reversed or won; NULL while immature
    cast(order_count as bigint) as order_count, -- sessions whose front-end sale was made that day
    money_per(order_gross, order_count) as average_order_value, -- amount paid per such session, upsells included, rebills not; NULL without one
    is_mature, -- the day is at least 120 days old
    as_of_date -- the day the figures are as of: the latest sale, refund or chargeback
from aged
