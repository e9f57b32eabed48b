-- One day's sales, refunds, chargebacks, standing disputes or reversals of a currency and vendor, apart by the day the same receipt comes again.
-- key: measure, entered_date, next_date, currency, vendor
-- stored by: entered_date
-- refresh by: entered_date
-- from fct_sales: sold_date as entered_date
-- from fct_refunds: refunded_date as entered_date
-- from fct_chargebacks: charged_back_date as entered_date
-- from int_counted_reversals: reversed_date as entered_date
-- explained by fct_sales: sold_date as entered_date, currency, vendor where target.measure = 'sale' and source.is_counted
-- explained by fct_refunds: refunded_date as entered_date, next_refunded_date as next_date, currency, vendor where target.measure = 'refund' and source.is_counted
-- explained by fct_chargebacks: charged_back_date as entered_date, next_charged_back_date as next_date, currency, vendor where target.measure = 'chargeback' and source.is_counted
-- explained by fct_chargebacks: charged_back_date as entered_date, next_standing_date as next_date, currency, vendor where target.measure = 'standing' and source.is_counted and not source.is_overturned
-- explained by int_counted_reversals: reversed_date as entered_date, next_reversed_date as next_date, currency, vendor where target.measure = 'reversal'
-- Small for any number of events: every rate is computed from this.
with sales as (
    select
        'sale' as measure,
        sold_date as entered_date,
        cast(null as date) as next_date,
        currency,
        vendor,
        is_rebill,
        gross_amount as amount
    from fct_sales
    where is_counted
),

refunds as (
    select
        'refund' as measure,
        refunded_date as entered_date,
        next_refunded_date as next_date,
        currency,
        vendor,
        false as is_rebill,
        refund_amount as amount
    from fct_refunds
    where is_counted
),

chargebacks as (
    select
        'chargeback' as measure,
        charged_back_date as entered_date,
        next_charged_back_date as next_date,
        currency,
        vendor,
        false as is_rebill,
        chargeback_amount as amount
    from fct_chargebacks
    where is_counted
),

standing as (
    select
        'standing' as measure,
        charged_back_date as entered_date,
        next_standing_date as next_date,
        currency,
        vendor,
        false as is_rebill,
        chargeback_amount as amount
    from fct_chargebacks
    where is_counted and not is_overturned
),

reversals as (
    select
        'reversal' as measure,
        reversed_date as entered_date,
        next_reversed_date as next_date,
        currency,
        vendor,
        false as is_rebill,
        amount
    from int_counted_reversals
),

facts as (
    select * from sales
    union all
    select * from refunds
    union all
    select * from chargebacks
    union all
    select * from standing
    union all
    select * from reversals
)

select
    measure, -- sale, refund, chargeback, standing: a chargeback that was not reversed or won later, or reversal: a refund or chargeback
    entered_date, -- the day
    next_date, -- the day the measure has the same receipt again; NULL when it has not
    currency,
    vendor,
    count(*) as receipt_count,
    count(*) filter (where is_rebill) as rebill_count,
    total_amount(amount) as amount
from facts
group by measure, entered_date, next_date, currency, vendor
