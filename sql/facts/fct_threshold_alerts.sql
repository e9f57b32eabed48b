-- One threshold.reached, with our own value of the same metric beside the one it claims.
-- key: event_key, item_index
-- refresh by: event_key
-- affected by int_scope_days: select event_key from int_alerts, changed where report_date between first_date and last_date
-- affected by int_repeated_reversals: select a.event_key from int_alerts as a, changed where reversed_date between first_date and last_date
-- explained by int_alerts: event_key, item_index
-- explained by int_scope_days: file explained/fct_threshold_alerts_by_int_scope_days.sql
-- explained by int_repeated_reversals: file explained/fct_threshold_alerts_by_int_repeated_reversals.sql
with alerts as (
    select * from int_alerts
),

-- Of all days, those that some alert is about: for a few new alerts, a few.
days as (
    select * from int_scope_days
    where report_date between (select min(first_date) from alerts) and (select max(last_date) from alerts)
),

repeated as (
    select * from int_repeated_reversals
    where reversed_date between (select min(first_date) from alerts) and (select max(last_date) from alerts)
),

-- The scopes and metrics that our tables can answer; all else is not computable (clicks, for one, are never sent).
computable as (
    select
        *,
        coalesce(scope_type, 'account') as known_scope_type,
        case when scope_type in ('vendor', 'affiliate') then lower(scope_value) else '' end as known_scope_value
    from alerts
    where
        first_date <= last_date
        and (
            scope_type = 'account'
            or (scope_type is null and scope_value is null)
            or (scope_type in ('vendor', 'affiliate') and scope_value is not null)
        )
        and metric in (
            'gross_sales', 'net_sales', 'sale_count', 'rebill_count', 'refund_count', 'refund_amount', 'refund_rate',
            'chargeback_count', 'chargeback_amount', 'chargeback_rate'
        )
),

additive as (
    select
        computable.event_key,
        computable.item_index,
        computable.metric,
        total(days.initial_sales) as initial_sales,
        total(days.rebills) as rebills,
        total(days.refunds) as refunds,
        total(days.chargebacks) as chargebacks,
        total(days.gross) as gross,
        total(days.refunded) as refunded,
        total(days.charged_back) as charged_back,
        count(distinct coalesce(days.currency, '')) filter (where days.report_date is not null) as currencies
    from computable
    left join days
        on
            computable.known_scope_type = days.scope_type
            and computable.known_scope_value = days.scope_value
            and days.report_date between computable.first_date and computable.last_date
            and (computable.currency is null or computable.currency = days.currency)
    group by computable.event_key, computable.item_index, computable.metric
),

-- A receipt that was reversed several times counts once in a window.
repeats as (
    select
        computable.event_key,
        computable.item_index,
        count(distinct repeated.receipt) filter (where repeated.measure = 'refund') as refunds,
        count(distinct repeated.receipt) filter (where repeated.measure = 'chargeback') as chargebacks
    from computable
    inner join repeated
        on
            repeated.reversed_date between computable.first_date and computable.last_date
            and (computable.currency is null or computable.currency = repeated.currency)
            and case computable.known_scope_type
                when 'vendor' then computable.known_scope_value = repeated.vendor
                when 'affiliate' then computable.known_scope_value = repeated.affiliate
                else true
            end
    group by computable.event_key, computable.item_index
),

measured as (
    select
        additive.* exclude (refunds, chargebacks),
        additive.refunds + coalesce(repeats.refunds, 0) as refunds,
        additive.chargebacks + coalesce(repeats.chargebacks, 0) as chargebacks,
        additive.initial_sales + additive.rebills as all_sales
    from additive
    left join repeats on additive.event_key = repeats.event_key and additive.item_index = repeats.item_index
),

summed as (
    select
        *,
        case metric
            when 'gross_sales' then gross
            when 'net_sales' then gross - refunded - charged_back
            when 'refund_amount' then refunded
            when 'chargeback_amount' then charged_back
        end as amount
    from measured
),

computed as (
    select
        event_key,
        item_index,
        case
            when metric = 'sale_count' then cast(initial_sales as double)
            when metric = 'rebill_count' then cast(rebills as double)
            when metric = 'refund_count' then cast(refunds as double)
            when metric = 'chargeback_count' then cast(chargebacks as double)
            when metric = 'refund_rate' then rate(refunds, all_sales)
            when metric = 'chargeback_rate' then rate(chargebacks, all_sales)
            when currencies != 1 then null -- amounts of different currencies are never added
            else cast(amount as double)
        end as computed_value,
        case when currencies = 1 then amount end as computed_amount
    from summed
),

compared as (
    select
        alerts.*,
        computed.computed_value,
        computed.computed_amount,
        case
            when alerts.metric like '%_rate' and lower(alerts.unit) in ('percent', '%', 'pct')
                then cast(alerts.claimed_value as double) / 100
            else cast(alerts.claimed_value as double)
        end as comparable_value
    from alerts
    left join computed on alerts.event_key = computed.event_key and alerts.item_index = computed.item_index
)

select
    event_key, -- joins to events.event_key
    item_index, -- place in a fanned-out event; 0 otherwise
    reached_at, -- when the sender says it was reached
    rule_id, -- the sender's name for the rule
    rule_name, -- its title
    metric, -- in our own names where we have one (see metric_definitions)
    comparator, -- gt, gte, lt, lte or eq; NULL when not said
    threshold_value, -- the limit, as sent
    claimed_value, -- the value, as sent
    unit, -- as sent: ratio, percent, currency or count; NULL when not said
    unit is null and metric like '%_rate' as is_unit_assumed, -- a rate without a unit was read as a fraction
    scope_type, -- campaign, tid, product, item_no, affiliate, vendor or account; NULL for everything
    scope_value, -- which one
    window_start, -- start of the period measured
    window_end, -- end of the period measured
    window_label, -- the period in the sender's words
    severity, -- as sent
    alert_state, -- as sent: reached or recovered
    computed_value, -- our own value of the metric in the same window and scope; NULL when we cannot compute it
    case
        when computed_value is null or comparable_value is null then 'not_computable'
        when metric like '%_rate' and abs(computed_value - comparable_value) <= 0.001 then 'match'
        when metric like '%_count' and computed_value = comparable_value then 'match'
        when 100 * abs(computed_amount - claimed_value) <= abs(computed_amount) then 'match'
        else 'mismatch'
    end as verdict -- match (rates within 0.001, a tenth of a percentage point, amounts within 1 % of ours, counts exactly), mismatch or not_computable
from compared
