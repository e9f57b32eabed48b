-- One body whose event id names several things: which of them it is about.
-- key: body_id
-- refresh by: identity_hash
-- placed by: identity_hash
-- An id never merges bodies about different things: other receipts, transaction types, sellers, reversals or payments; for
-- alerts another rule (or metric), scope or instant; for syncs another source or completion. A value that a body leaves
-- out is that of the others where these agree.
with claims as (
    select * from int_claims
),

items as (
    select * from stg_typed_items
),

shared as (
    select identity_key from claims
    where event_id is not null
    group by identity_key
    having count(*) > 1
),

told as (
    select
        claims.body_id,
        claims.identity_hash,
        claims.identity_key,
        items.vendor,
        items.account,
        case claims.event_type
            when 'threshold.reached' then items.rule_id
            when 'data.synced' then items.source
            else items.receipt
        end as name,
        case claims.event_type when 'threshold.reached' then 'metric ' || items.metric end as metric,
        case claims.event_type
            when 'threshold.reached' then items.scope_type || ' ' || coalesce(items.scope_value, '')
            when 'data.synced' then null
            else items.said_transaction_type
        end as kind,
        case
            when claims.event_type not in ('threshold.reached', 'data.synced')
                then coalesce(items.refund_id, items.chargeback_id, cast(items.payment_number as varchar))
            when items.time_source = 'data' then utc_text(items.occurred_at)
        end as detail,
        case when claims.event_type in ('threshold.reached', 'data.synced') then utc_text(items.created_at) end as told_at
    from claims
    inner join shared on claims.identity_key = shared.identity_key
    inner join items on claims.body_id = items.body_id
),

-- Of several items each must say it, or the body leaves it out.
bodies as (
    select
        body_id,
        identity_hash,
        identity_key,
        case when count(*) = count(name) then string_agg(distinct name, ' ' order by name) end as names,
        case when count(*) = count(metric) then string_agg(distinct metric, ' ' order by metric) end as metrics,
        case when count(*) = count(kind) then string_agg(distinct kind, ' ' order by kind) end as kinds,
        case when count(*) = count(vendor) then string_agg(distinct vendor, ' ' order by vendor) end as vendors,
        case when count(*) = count(detail) then string_agg(distinct detail, ' ' order by detail) end as details,
        any_value(account) as account,
        any_value(told_at) as told_at -- the envelope's instant, where no body of the id names another
    from told
    group by body_id, identity_hash, identity_key
),

-- An alert without a rule is of the rule of its metric, else of its metric.
ruled as (
    select
        * exclude (names),
        coalesce(
            names,
            case when min(names) over same_metric = max(names) over same_metric then min(names) over same_metric end,
            metrics
        ) as names
    from bodies
    window same_metric as (partition by identity_key, metrics)
),

named as (
    select
        * exclude (names),
        coalesce(names, case when min(names) over same_id = max(names) over same_id then min(names) over same_id end)
            as names
    from ruled
    window same_id as (partition by identity_key)
),

typed as (
    select
        * exclude (kinds),
        coalesce(kinds, case when min(kinds) over same_name = max(kinds) over same_name then min(kinds) over same_name end)
            as kinds
    from named
    window same_name as (partition by identity_key, names)
),

sold as (
    select
        * exclude (vendors),
        coalesce(
            vendors, case when min(vendors) over same_kind = max(vendors) over same_kind then min(vendors) over same_kind end
        ) as vendors
    from typed
    window same_kind as (partition by identity_key, names, kinds)
),

detailed as (
    select
        *,
        coalesce(
            details,
            case when min(details) over same_seller = max(details) over same_seller then min(details) over same_seller end
        ) as all_details,
        case when vendors is null then account end as seller_account
    from sold
    window same_seller as (partition by identity_key, names, kinds, vendors)
),

subjects as (
    select
        body_id,
        identity_hash,
        identity_key,
        cast(to_json([
            identity_key, names, kinds, vendors, seller_account, all_details, case when all_details is null then told_at end
        ]) as varchar) as subject_key
    from detailed
)

select
    body_id,
    identity_hash,
    subject_key as identity_key -- bodies with one identity_key are one event
from subjects
qualify min(subject_key) over (partition by subjects.identity_key) != max(subject_key) over (partition by subjects.identity_key)
