-- One threshold.reached, with our own value of the same metric beside the one it claims.
-- key: event_key, item_index
-- refresh by: event_key
-- affected by int_scope_days: select event_key from int_alerts, changed where report_date between first_date and last_date
-- affected by int_repeated_reversals: select a.event_key from int_alerts as a, changed where reversed_date between first_date and last_date
-- affected by fct_sales: select a.event_key from int_alerts as a, changed as c where c.sold_date = a.first_date or c.sold_date = a.last_date
-- affected by fct_refunds: select a.event_key from int_alerts as a, changed as c where c.refunded_date = a.first_date or c.refunded_date = a.last_date
-- affected by fct_chargebacks: select a.event_key from int_alerts as a, changed as c where c.charged_back_date = a.first_date or c.charged_back_date = a.last_date
-- explained by int_alerts: event_key, item_index
-- explained by fct_sales: file explained/fct_threshold_alerts_by_fct_sales.sql
-- explained by fct_refunds: file explained/fct_threshold_alerts_by_fct_refunds.sql
-- explained by fct_chargebacks: file explained/fct_threshold_alerts_by_fct_chargebacks.sql
-- The days inside the window are read from int_scope_days, those that the window cuts from the facts themselves.
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
        case when scope_type in ('vendor', 'affiliate') then lower(scope_value) else '' end as known_scope_value,
        cast(first_date + case when is_first_date_cut then 1 else 0 end as date) as first_whole_date,
        cast(last_date - case when is_last_date_cut then 1 else 0 end as date) as last_whole_date
    from alerts
    where
        measured_from_at < measured_until_at
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

cut_days as (
    select
        *,
        unnest(
            list_distinct([
                case when is_first_date_cut then first_date end, case when is_last_date_cut then last_date end
            ])
        ) as cut_date
    from computable
),

cut_dates as (
    select distinct cut_date from cut_days
),

sales as (
    select
        sold_date as report_date,
        sold_at as happened_at,
        vendor,
        affiliate,
        currency,
        case when is_rebill then 0 else 1 end as initial_sales,
        case when is_rebill then 1 else 0 end as rebills,
        gross_amount as gross
    from fct_sales
    where is_counted and sold_date in (select cut_date from cut_dates)
),

refunds as (
    select
        refunded_date as report_date,
        refunded_at as happened_at,
        vendor,
        affiliate,
        currency,
        case when receipt_refund_count = 1 then 1 else 0 end as refunds,
        refund_amount as refunded
    from fct_refunds
    where is_counted and refunded_date in (select cut_date from cut_dates)
),

chargebacks as (
    select
        charged_back_date as report_date,
        charged_back_at as happened_at,
        vendor,
        affiliate,
        currency,
        case when receipt_chargeback_count = 1 then 1 else 0 end as chargebacks,
        chargeback_amount as charged_back
    from fct_chargebacks
    where is_counted and charged_back_date in (select cut_date from cut_dates)
),

moments as (
    select * from sales
    union all by name
    select * from refunds
    union all by name
    select * from chargebacks
),

of_cut_days as (
    select
        cut_days.event_key,
        cut_days.item_index,
        moments.currency,
        moments.initial_sales,
        moments.rebills,
        moments.gross,
        moments.refunds,
        moments.refunded,
        moments.chargebacks,
        moments.charged_back
    from cut_days
    inner join moments
        on
            cut_days.cut_date = moments.report_date
            and cut_days.measured_from_at <= moments.happened_at
            and cut_days.measured_until_at > moments.happened_at
            and (cut_days.currency is null or cut_days.currency = moments.currency)
            and case cut_days.known_scope_type
                when 'vendor' then cut_days.known_scope_value = moments.vendor
                when 'affiliate' then cut_days.known_scope_value = moments.affiliate
                else true
            end
),

of_whole_days as (
    select
        computable.event_key,
        computable.item_index,
        days.currency,
        days.initial_sales,
        days.rebills,
        days.gross,
        days.refunds,
        days.refunded,
        days.chargebacks,
        days.charged_back
    from computable
    inner join days
        on
            computable.known_scope_type = days.scope_type
            and computable.known_scope_value = days.scope_value
            and days.report_date between computable.first_whole_date and computable.last_whole_date
            and (computable.currency is null or computable.currency = days.currency)
),

covered as (
    select * from of_whole_days
    union all by name
    select * from of_cut_days
),

totals as (
    select
        event_key,
        item_index,
        sum(initial_sales) as initial_sales,
        sum(rebills) as rebills,
        sum(refunds) as refunds,
        sum(chargebacks) as chargebacks,
        sum(gross) as gross,
        sum(refunded) as refunded,
        sum(charged_back) as charged_back,
        count(distinct coalesce(currency, '')) as currencies
    from covered
    group by event_key, item_index
),

additive as (
    select
        computable.event_key,
        computable.item_index,
        computable.metric,
        coalesce(totals.initial_sales, 0) as initial_sales,
        coalesce(totals.rebills, 0) as rebills,
        coalesce(totals.refunds, 0) as refunds,
        coalesce(totals.chargebacks, 0) as chargebacks,
        coalesce(totals.gross, 0) as gross,
        coalesce(totals.refunded, 0) as refunded,
        coalesce(totals.charged_back, 0) as charged_back,
        coalesce(totals.currencies, 0) as currencies
    from computable
    left join totals on computable.event_key = totals.event_key and computable.item_index = totals.item_index
),

-- A payment that was reversed several times counts once in a window.
repeats as (
    select
        computable.event_key,
        computable.item_index,
        count(distinct row(repeated.receipt, repeated.vendor, repeated.payment)) filter (where repeated.measure = 'refund') as refunds,
        count(distinct row(repeated.receipt, repeated.vendor, repeated.payment)) filter (where repeated.measure = 'chargeback') as chargebacks
    from computable
    inner join repeated
        on
            computable.measured_from_at <= repeated.reversed_at
            and computable.measured_until_at > repeated.reversed_at
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
            when alerts.metric like '%_rate' and alerts.is_claimed_percent
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
    unit, -- as sent: ratio, percent, currency or count; percent where a value has a percent sign; NULL when not said
    unit is null and metric like '%_rate' as is_unit_assumed, -- a rate without a unit was read as a fraction
    scope_type, -- campaign, tid, product, item_no, affiliate, vendor or account; NULL for everything
    scope_value, -- which one
    window_start, -- start of the period measured, as sent
    window_end, -- end of the period measured, as sent
    window_label, -- the period in the sender's words
    severity, -- as sent
    alert_state, -- as sent: reached or recovered
    measured_from_at, -- the first instant that our own value covers; NULL when no window was said
    measured_until_at, -- the instant it ends before: the end of the window, at the latest the moment it was reached
    computed_value, -- our own value of the metric in the same window and scope; NULL when we cannot compute it
    case
        when computed_value is null or comparable_value is null then 'not_computable'
        when metric like '%_rate' and abs(computed_value - comparable_value) <= 0.001 then 'match'
        when metric like '%_count' and computed_value = comparable_value then 'match'
        when 100 * abs(computed_amount - claimed_value) <= abs(computed_amount) then 'match'
        else 'mismatch'
    end as verdict -- match (rates within 0.001, a tenth of a percentage point, amounts within 1 % of ours, counts exactly), mismatch or not_computable
from compared
