-- One object inside one distinct body: `data` itself, or each element of an array (a fan-out). Every body has a row.
-- key: body_id, item_index
-- materialized: no
-- A part of stg_typed_items, because to write a hundred columns takes as long as to read them out of JSON.
-- The only model that reads JSON: each body is parsed once, each alias is tried in the order of aliases.csv.
with bodies as (
    select * from stg_bodies
),

deliveries as (
    select * from raw_events
),

-- A body that the strict parser refused has no document, so nothing below ever parses it.
documents as materialized (
    select
        bodies.body_id,
        bodies.body_sha256,
        bodies.received_at,
        bodies.told_by,
        deliveries.verdict,
        case
            when deliveries.verdict is null
                then without_blanks(coalesce(deliveries.document, decode(deliveries.body)))
        end as document
    from bodies
    inner join deliveries on bodies.body_id = deliveries.sequence
),

-- A notification of INS and a body made of an export's rows name no event type: their transaction type does.
notified as (
    select
        *,
        case when told_by = 'ins' and verdict is null then sha256(without_attempt(document)) end as told_sha256,
        case when told_by != 'command_center' then json_extract_string(document, '$.transactionType') end as type_word
    from documents
),

typed as (
    select
        *,
        transaction_type_of(type_word) as word_type
    from notified
),

envelopes as (
    select
        *,
        from_json(document, getvariable('envelope_structure')) as f
    from typed
),

firsts_of_envelopes as (
    select
        *,
        envelope_first(f, false) as first
    from envelopes
),

named as (
    select
        *,
        envelope_values(first, document, false) as e
    from firsts_of_envelopes
),

-- data.object wins over data; without any data the body itself is read, less its envelope keys.
located as (
    select
        body_id,
        body_sha256,
        told_sha256,
        received_at,
        told_by,
        verdict,
        document,
        e.event_id,
        case
            when told_by != 'command_center'
                then coalesce(word_type.event_type, case when word_type.is_test then 'test' end, nullif(trim(type_word), ''))
            else e.event_type
        end as event_type,
        e.created_at as created_text,
        '$' || envelope_created_at_path(f, false) as created_path,
        lower(e.account) as account,
        truthy(e.is_test) or falsy(e.is_live) as is_flagged_test,
        e.data as container_text,
        envelope_data_path(f, false) as container_path,
        case
            when scalar(cast(f.data as varchar)) is not null then '$.data'
            when scalar(cast(f.payload as varchar)) is not null then '$.payload'
            when scalar(cast(f.object as varchar)) is not null then '$.object'
        end as scalar_path
    from named
),

shaped as (
    select
        *,
        container_path = '.data' and starts_with(container_text, '{')
        and starts_with(json_extract(container_text, '$.object'), '{') as has_data_object
    from located
),

chosen as (
    select
        *,
        case when has_data_object then json_extract(container_text, '$.object') else container_text end as data_text,
        case
            when has_data_object then '$.data.object'
            when container_text is not null then '$' || container_path
            else coalesce(scalar_path, '$')
        end as data_path,
        container_text is null and scalar_path is null as is_flat
    from shaped
),

items as (
    select
        body_id,
        body_sha256,
        told_sha256,
        received_at,
        told_by,
        verdict,
        event_id,
        event_type,
        created_text,
        created_path,
        account,
        is_flagged_test,
        is_flat,
        data_path,
        starts_with(data_text, '[') as is_array,
        unnest(
            case
                when starts_with(data_text, '[') and json_array_length(data_text) > 0
                    then json_extract(data_text, '$[*]')
                when starts_with(data_text, '{') then [data_text]
                when is_flat then [document]
                else [null]
            end
        ) as item,
        generate_subscripts(
            case
                when starts_with(data_text, '[') and json_array_length(data_text) > 0
                    then json_extract(data_text, '$[*]')
                else [null]
            end,
            1
        ) - 1 as item_index
    from chosen
),

addressed as (
    select
        * exclude (item, data_path),
        case when starts_with(item, '{') then item end as item,
        case when is_array and item is not null then data_path || '[' || item_index || ']' else data_path end as item_path
    from items
),

-- Only the structure that fits the type is read.
parsed as (
    select
        *,
        case when is_transaction(event_type) then from_json(item, getvariable('transaction_structure')) end as t,
        case when is_alert(event_type) then from_json(item, getvariable('alert_structure')) end as a,
        case when is_sync(event_type) then from_json(item, getvariable('sync_structure')) end as s
    from addressed
),

firsts as (
    select
        * exclude (t, a, s),
        transaction_receipt_is(t, event_id) as is_receipt_id,
        transaction_first(t, is_flat) as t,
        alert_first(a, is_flat) as a,
        sync_first(s, is_flat) as s
    from parsed
),

valued as (
    select
        * exclude (t, a, s),
        transaction_values(t, item, is_flat) as t,
        alert_values(a, item, is_flat) as a,
        sync_values(s, item, is_flat) as s
    from firsts
),

-- A single line may come as an object of its own; an empty list or object holds no line.
listed as (
    select
        *,
        case
            when t.lines in ('[]', '{}') then null
            when starts_with(t.lines, '{') then '[' || t.lines || ']'
            else t.lines
        end as lines_text,
        has_clean_values(t.lines) as has_clean_lines,
        -- INS gives every amount in USD, and also names the currency in which the customer paid; reports of ClickBank are in
        -- USD and name none
        case when told_by = 'ins' then 'USD' when told_by = 'report' then coalesce(upper(t.currency), 'USD') else upper(t.currency) end
            as transaction_currency,
        upper(t.currency) as customer_currency_text
    from valued
),

placed as (
    select
        *,
        currency_places(transaction_currency) as places
    from listed
),

-- a line that says nothing, such as an element that is no object, is no line
lined as (
    select
        *,
        list_filter(
            case
                when has_clean_lines
                    then list_transform(
                        from_json(lines_text, '[' || getvariable('line_structure') || ']'), lambda l: clean_line(l)
                    )
                else list_transform(
                    from_json(lines_text, '[' || getvariable('line_structure') || ']'), lambda l: line(l)
                )
            end,
            lambda l: coalesce(
                l.item_no, l.title, l.quantity, l.price, l.discount, l.account_amount,
                l.affiliate_payout, l.jv_payout, l.tax, l.shipping, l.is_recurring,
                l.line_item_type, l.payments_processed, l.payments_remaining,
                l.next_payment_date, l.rebill_amount
            ) is not null
        ) as lines
    from placed
)

select
    body_id,
    is_flat,
    item,
    item_index,
    body_sha256,
    told_sha256,
    received_at,
    verdict,
    told_by,
    event_id,
    event_type,
    instant(created_text) as created_at,
    created_path,
    account,
    is_flagged_test
    or truthy(coalesce(t.is_test, a.is_test, s.is_test))
    or falsy(coalesce(t.is_live, a.is_live, s.is_live)) as is_flagged_test,
    item is not null as has_item,
    is_array,
    item_path,
    -- a name of the order is none of the event
    event_id is not null and (is_receipt_id or coalesce(upper(event_id) = upper(t.receipt), false)) as is_order_id,
    -- equal in rows of one array that are equal in every mapped field
    case when is_array then md5_number_lower(cast(t as varchar)) end as row_hash,

    upper(t.receipt) as receipt,
    upper(t.root_receipt) as root_receipt,
    transaction_type_of(t.transaction_type) as said, -- NULL where the word is a label that no known type matches
    -- SUBSCRIPTION-CHG 12->15: the items stand behind the word
    case when contains(t.transaction_type, '>') then plan_change(t.transaction_type) end as plan_change,
    case event_type
        when 'sale.created' then t.sale_time
        when 'refund.processed' then t.refund_time
        when 'chargeback.received' then t.chargeback_time
        when 'threshold.reached' then a.reached_at
        when 'data.synced' then s.completed_at
        else t.notice_time
    end as time_text,
    lower(t.vendor) as vendor,
    case when lower(t.affiliate) not in ('none', '0') then lower(t.affiliate) end as affiliate,
    role_of(t.role) as role,
    in_minor_units(
        case event_type
            when 'sale.created' then t.gross
            when 'refund.processed' then t.refund_amount
            when 'chargeback.received' then t.chargeback_amount
        end,
        places
    ) as amount_text,
    in_minor_units(t.account_amount, places) as account_amount_text,
    in_minor_units(t.tax, places) as tax_text,
    in_minor_units(t.shipping, places) as shipping_text,
    coalesce(transaction_currency, upper(a.currency)) as currency_text,
    customer_currency_text,
    upper(t.payment_method) as payment_method,
    upper(t.country) as country,
    t.state,
    t.tracking_id,
    lower(t.vtid) as vtid,
    t.campaign,
    t.click_id,
    truthy(t.is_rebill) as is_flagged_rebill,
    whole_number(t.payment_number) as said_payment_number,
    upper(t.upsell_original_receipt) as upsell_original_receipt,
    t.upsell_path,
    t.refund_id,
    case when not is_export(told_by) then lower(t.refund_status) end as refund_status, -- an export's is the subscription's
    upper(t.refund_type) as refund_type,
    truthy(t.is_partial) as is_flagged_partial,
    t.explicit_refund_amount is not null as has_explicit_refund_amount,
    t.reason as reason_text,
    t.original_sale_time as original_sale_time_text,
    t.chargeback_id,
    money(in_minor_units(t.chargeback_fee, places)) as fee_amount,
    ends_with(t.chargeback_fee, '¢') as is_fee_minor,
    t.reason_code,
    t.card_network,
    case when not is_export(told_by) then lower(t.chargeback_status) end as chargeback_status,

    -- amounts in minor units are marked with the places of the sale's currency; few currencies have other than two
    case when places = '' then lines else list_transform(lines, lambda l: line_in_minor_units(l, places)) end as lines,
    t.product_item_no,
    t.product_title,
    t.product_quantity,
    t.product_is_recurring,
    t.product_payments_processed,
    t.product_payments_remaining,
    t.product_next_payment_date,
    in_minor_units(t.product_rebill_amount, places) as product_rebill_amount,

    a.rule_id,
    a.rule_name,
    a.metric as metric_text,
    a.comparator as comparator_text,
    a.threshold_value as threshold_text,
    a.claimed_value as claimed_text,
    a.unit,
    a.window_start as window_start_text,
    a.window_end as window_end_text,
    a.window_label,
    length_up_to(a.window_days, 36500) as window_days,
    3600 * length_up_to(a.window_hours, 876000) as window_hour_seconds,
    60 * length_up_to(a.window_minutes, 52560000) as window_minute_seconds,
    a.scope_type,
    a.scope_value,
    a.scope_campaign,
    a.scope_tid,
    a.scope_product,
    a.scope_item_no,
    a.scope_affiliate,
    a.scope_vendor,
    a.scope_account,
    a.severity,
    a.state as alert_state,

    s.sync_id,
    lower(s.source) as source,
    lower(s.status) as sync_status,
    s.is_finished as is_sync_finished,
    whole_number(s.failed_job_count) as failed_job_count,
    s.started_at as started_text,
    s.completed_at as completed_text,
    s.range_start as range_start_text,
    s.range_end as range_end_text,
    whole_number(s.records) as records,
    whole_number(s.sales_count) as sales_count,
    whole_number(s.refunds_count) as refunds_count,
    whole_number(s.chargebacks_count) as chargebacks_count,
    whole_number(s.inserted) as inserted,
    whole_number(s.updated) as updated,
    truthy(s.is_backfill) as is_backfill
from lined
