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
        deliveries.verdict,
        case
            when deliveries.verdict is null
                then without_blanks(coalesce(deliveries.document, decode(deliveries.body)))
        end as document
    from bodies
    inner join deliveries on bodies.body_id = deliveries.sequence
),

envelopes as (
    select
        *,
        from_json(document, getvariable('envelope_structure')) as e
    from documents
),

-- data.object wins over data; without any data the body itself is read, less its envelope keys.
located as (
    select
        body_id,
        body_sha256,
        received_at,
        verdict,
        document,
        envelope_event_id(e, false) as event_id,
        envelope_event_type(e, false) as event_type,
        envelope_created_at(e, false) as created_text,
        '$' || envelope_created_at_path(e, false) as created_path,
        lower(envelope_account(e, false)) as account,
        truthy(envelope_is_test(e, false)) or falsy(envelope_is_live(e, false)) as is_flagged_test,
        envelope_data(e, false) as container_text,
        envelope_data_path(e, false) as container_path,
        case
            when clean(cast(e.data as varchar)) is not null then '$.data'
            when clean(cast(e.payload as varchar)) is not null then '$.payload'
            when clean(cast(e.object as varchar)) is not null then '$.object'
        end as scalar_path
    from envelopes
),

shaped as (
    select
        *,
        coalesce(
            container_path = '.data' and starts_with(container_text, '{')
            and starts_with(json_extract(container_text, '$.object'), '{'),
            false
        ) as has_data_object
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
        received_at,
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
        case
            when event_type in ('sale.created', 'refund.processed', 'chargeback.received')
                then from_json(item, getvariable('transaction_structure'))
        end as t,
        case when event_type = 'threshold.reached' then from_json(item, getvariable('alert_structure')) end as a,
        case when event_type = 'data.synced' then from_json(item, getvariable('sync_structure')) end as s
    from addressed
),

-- A single line may come as an object of its own; an empty list or object holds no line.
listed as (
    select
        * exclude (lines_text),
        case
            when lines_text in ('[]', '{}') then null
            when starts_with(lines_text, '{') then '[' || lines_text || ']'
            else lines_text
        end as lines_text,
        has_clean_values(lines_text) as has_clean_lines
    from (
        select
            *,
            transaction_lines(t, is_flat) as lines_text
        from parsed
    ) as found
)

select
    body_id,
    is_flat,
    item,
    item_index,
    body_sha256,
    received_at,
    verdict,
    event_id,
    event_type,
    instant(created_text) as created_at,
    created_path,
    account,
    is_flagged_test,
    item is not null as has_item,
    is_array,
    item_path,

    upper(transaction_receipt(t, is_flat)) as receipt,
    upper(transaction_root_receipt(t, is_flat)) as root_receipt,
    upper(transaction_transaction_type(t, is_flat)) as transaction_type,
    case event_type
        when 'sale.created' then transaction_sale_time(t, is_flat)
        when 'refund.processed' then transaction_refund_time(t, is_flat)
        when 'chargeback.received' then transaction_chargeback_time(t, is_flat)
        when 'threshold.reached' then alert_reached_at(a, is_flat)
        when 'data.synced' then sync_completed_at(s, is_flat)
    end as time_text,
    lower(transaction_vendor(t, is_flat)) as vendor,
    nullif(lower(transaction_affiliate(t, is_flat)), 'none') as affiliate,
    upper(transaction_role(t, is_flat)) as role,
    case event_type
        when 'sale.created' then transaction_gross(t, is_flat)
        when 'refund.processed' then transaction_refund_amount(t, is_flat)
        when 'chargeback.received' then transaction_chargeback_amount(t, is_flat)
    end as amount_text,
    transaction_account_amount(t, is_flat) as account_amount_text,
    transaction_tax(t, is_flat) as tax_text,
    transaction_shipping(t, is_flat) as shipping_text,
    upper(coalesce(transaction_currency(t, is_flat), alert_currency(a, is_flat))) as currency_text,
    upper(transaction_payment_method(t, is_flat)) as payment_method,
    upper(transaction_country(t, is_flat)) as country,
    transaction_state(t, is_flat) as state,
    transaction_tracking_id(t, is_flat) as tracking_id,
    lower(transaction_vtid(t, is_flat)) as vtid,
    transaction_campaign(t, is_flat) as campaign,
    transaction_click_id(t, is_flat) as click_id,
    truthy(transaction_is_rebill(t, is_flat)) as is_flagged_rebill,
    upper(transaction_upsell_original_receipt(t, is_flat)) as upsell_original_receipt,
    transaction_upsell_session(t, is_flat) as upsell_session,
    transaction_upsell_flow_id(t, is_flat) as upsell_flow_id,
    transaction_upsell_path(t, is_flat) as upsell_path,
    transaction_refund_id(t, is_flat) as refund_id,
    upper(transaction_refund_type(t, is_flat)) as refund_type,
    truthy(transaction_is_partial(t, is_flat)) as is_flagged_partial,
    coalesce(transaction_explicit_refund_amount(t, is_flat) is not null, false) as has_explicit_refund_amount,
    transaction_reason(t, is_flat) as reason_text,
    transaction_original_sale_time(t, is_flat) as original_sale_time_text,
    money(transaction_original_amount(t, is_flat)) as original_amount,
    transaction_chargeback_id(t, is_flat) as chargeback_id,
    money(transaction_chargeback_fee(t, is_flat)) as fee_amount,
    transaction_reason_code(t, is_flat) as reason_code,
    transaction_card_network(t, is_flat) as card_network,
    lower(transaction_chargeback_status(t, is_flat)) as chargeback_status,

    -- a line that says nothing, such as an element that is no object, is no line
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
    ) as lines,
    transaction_product_item_no(t, is_flat) as product_item_no,
    transaction_product_title(t, is_flat) as product_title,
    transaction_product_quantity(t, is_flat) as product_quantity,

    alert_rule_id(a, is_flat) as rule_id,
    alert_rule_name(a, is_flat) as rule_name,
    alert_metric(a, is_flat) as metric_text,
    alert_comparator(a, is_flat) as comparator_text,
    alert_threshold_value(a, is_flat) as threshold_text,
    alert_claimed_value(a, is_flat) as claimed_text,
    alert_unit(a, is_flat) as unit,
    alert_window_start(a, is_flat) as window_start_text,
    alert_window_end(a, is_flat) as window_end_text,
    alert_window_label(a, is_flat) as window_label,
    alert_scope_type(a, is_flat) as scope_type,
    alert_scope_value(a, is_flat) as scope_value,
    alert_scope_campaign(a, is_flat) as scope_campaign,
    alert_scope_tid(a, is_flat) as scope_tid,
    alert_scope_product(a, is_flat) as scope_product,
    alert_scope_item_no(a, is_flat) as scope_item_no,
    alert_scope_affiliate(a, is_flat) as scope_affiliate,
    alert_scope_vendor(a, is_flat) as scope_vendor,
    alert_scope_account(a, is_flat) as scope_account,
    alert_severity(a, is_flat) as severity,
    alert_state(a, is_flat) as alert_state,

    sync_sync_id(s, is_flat) as sync_id,
    lower(sync_source(s, is_flat)) as source,
    lower(sync_status(s, is_flat)) as sync_status,
    sync_is_finished(s, is_flat) as is_sync_finished,
    whole_number(sync_failed_job_count(s, is_flat)) as failed_job_count,
    sync_started_at(s, is_flat) as started_text,
    sync_completed_at(s, is_flat) as completed_text,
    sync_range_start(s, is_flat) as range_start_text,
    sync_range_end(s, is_flat) as range_end_text,
    whole_number(sync_records(s, is_flat)) as records,
    whole_number(sync_sales_count(s, is_flat)) as sales_count,
    whole_number(sync_refunds_count(s, is_flat)) as refunds_count,
    whole_number(sync_chargebacks_count(s, is_flat)) as chargebacks_count,
    whole_number(sync_inserted(s, is_flat)) as inserted,
    whole_number(sync_updated(s, is_flat)) as updated,
    truthy(sync_is_backfill(s, is_flat)) as is_backfill
from listed
