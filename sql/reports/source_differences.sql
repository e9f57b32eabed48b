-- One field in which a source disagrees with a fact that several sources tell.
-- key: receipt, event_key, item_index, field, source
-- refresh by: receipt
-- Amounts in two currencies are not compared; their currencies are.
with tellings as (
    select * from int_shared_tellings
),

facts as (
    select body_id, item_index, event_key, vendor, role, sold_date as report_date from fct_sales
    union all
    select body_id, item_index, event_key, vendor, role, refunded_date from fct_refunds
    union all
    select body_id, item_index, event_key, vendor, role, charged_back_date from fct_chargebacks
),

compared as (
    select
        facts.event_key,
        facts.item_index,
        facts.vendor,
        facts.role,
        facts.report_date,
        tellings.event_type,
        tellings.receipt,
        other.told_by as source,
        tellings.own_amount,
        tellings.own_currency,
        tellings.account_amount,
        tellings.affiliate,
        report_date(tellings.occurred_at) as day,
        case when coalesce(other.own_currency = tellings.own_currency, true) then other.own_amount end as told_amount,
        other.own_currency as told_currency,
        other.own_account_amount as told_account_amount,
        other.own_affiliate as told_affiliate,
        report_date(other.own_occurred_at) as told_day
    from facts
    inner join tellings on facts.body_id = tellings.body_id and facts.item_index = tellings.item_index
    inner join tellings as other on tellings.event_type = other.event_type and tellings.natural_key = other.natural_key
    where other.is_spokesman
),

-- The name of a field, its value in the fact, and its value in the words of the source.
listed as (
    select
        event_key,
        item_index,
        event_type,
        receipt,
        vendor,
        role,
        report_date,
        source,
        unnest([
            ['amount', cast(own_amount as varchar), cast(told_amount as varchar)],
            ['currency', own_currency, told_currency],
            ['account_amount', cast(account_amount as varchar), cast(told_account_amount as varchar)],
            ['affiliate', affiliate, told_affiliate],
            ['day', cast(day as varchar), cast(told_day as varchar)]
        ]) as value_pair
    from compared
)

select
    event_key, -- joins to events.event_key
    item_index, -- place in a fanned-out event; 0 otherwise
    event_type, -- sale.created, refund.processed or chargeback.received
    receipt, -- ClickBank receipt, upper case
    vendor, -- the seller
    role, -- whose view this is
    report_date, -- day of the fact in the report zone
    value_pair[1] as field, -- amount, currency, account_amount, affiliate or day
    source, -- who tells it otherwise: command_center, ins, orders, report, subscriptions
    value_pair[2] as fact_value, -- in the fact, as text
    value_pair[3] as told_value -- in the words of the source
from listed
where value_pair[2] != value_pair[3]
