-- One item with typed values, the reasons why it cannot be mapped, and its natural key.
-- key: body_id, item_index
-- refresh by: body_id
-- from raw_events: sequence as body_id
-- lists places by: receipt, identity_hash, natural_hash
with items as (
    select * from stg_items
),

-- Amounts of refunds and chargebacks are positive for either sign sent: the event type says the direction.
typed as (
    select
        *,
        is_transaction(event_type) as is_money_event,
        case event_type when 'sale.created' then money(amount_text) else abs(money(amount_text)) end as amount,
        -- an Orders API body may have no account amount of its own: the lines carry it
        case
            when account_amount_text is not null then money(account_amount_text)
            else try_cast(
                list_sum(list_transform(lines, lambda l: money(l.account_amount))) as decimal(18, 4)
            )
        end as signed_account_amount,
        money(tax_text) as tax_amount,
        money(shipping_text) as shipping_amount,
        figure(threshold_text) as threshold_value,
        figure(claimed_text) as claimed_value,
        instant(time_text) as sent_time,
        case when time_text is not null then is_naive(time_text) else false end as is_time_assumed,
        case when regexp_full_match(currency_text, '[A-Z]{3}') then currency_text end as currency,
        case when regexp_full_match(customer_currency_text, '[A-Z]{3}') then customer_currency_text end as customer_currency,
        coalesce(role, 'VENDOR') as known_role,
        nullif(regexp_extract(receipt, '-B([0-9]+)$', 1), '') as rebill_suffix,
        instant(started_text) as started_at,
        instant(completed_text) as completed_at,
        instant(window_start_text) as window_start,
        instant(window_end_text) as window_end
    from items
),

derived as (
    select
        *,
        case event_type when 'sale.created' then signed_account_amount else abs(signed_account_amount) end as account_amount,
        case event_type
            when 'sale.created'
                then coalesce(
                    case when said.event_type = event_type then said.transaction_type end,
                    case when is_flagged_rebill or rebill_suffix is not null then 'BILL' else 'SALE' end
                )
            when 'refund.processed' then 'RFND'
            when 'chargeback.received' then case said.transaction_type when 'INSF' then 'INSF' else 'CGBK' end
        end as known_transaction_type,
        coalesce(
            -- a type that never counts, such as an abandoned order, makes no sale in any event type
            case
                when is_money_event and not said.counts and not said.is_test and said.event_type is distinct from event_type
                    then 'transaction_type ' || said.transaction_type
            end,
            -- a refund with such a status took nothing back (yet)
            case
                when event_type = 'refund.processed'
                    then case refund_status
                        when 'cancelled' then 'canceled'
                        when 'failed' then 'failed'
                        when 'declined' then 'declined'
                        when 'rejected' then 'rejected'
                        when 'canceled' then 'canceled'
                        when 'pending' then 'pending'
                    end
            end
        ) as unhandled_reason,
        is_flagged_test
        or coalesce(event_type in ('test', 'webhook.test', 'ping'), false)
        or coalesce(said.is_test, false)
        or coalesce(receipt = '********', false)
        or coalesce(payment_method = 'TEST', false) as is_test,
        case
            when time_text is not null then sent_time
            when created_at is null and has_item and (is_alert(event_type) or is_sync(event_type)) then received_at
            else created_at
        end as occurred_at,
        -- a reversal that does not say its currency: whether its amount, its account's and its fee are in minor units
        case
            when event_type in ('refund.processed', 'chargeback.received') and currency_text is null
                then [
                    coalesce(ends_with(amount_text, '¢'), false),
                    case
                        when account_amount_text is not null then ends_with(account_amount_text, '¢')
                        else coalesce(list_bool_or(list_transform(lines, lambda l: ends_with(l.account_amount, '¢'))), false)
                    end,
                    coalesce(is_fee_minor, false)
                ]
        end as assumed_units,
        -- the path of a value is looked for only where the value cannot be read
        case
            when
                time_text is not null
                and (sent_time is null or is_too_early(sent_time) or sent_time > received_at + interval '48' hour)
                then case event_type
                    when 'sale.created' then transaction_sale_time_path(item, is_flat)
                    when 'refund.processed' then transaction_refund_time_path(item, is_flat)
                    when 'chargeback.received' then transaction_chargeback_time_path(item, is_flat)
                    when 'threshold.reached' then alert_reached_at_path(item, is_flat)
                    when 'data.synced' then sync_completed_at_path(item, is_flat)
                    else transaction_notice_time_path(item, is_flat)
                end
        end as time_path,
        case when chargeback_status in ('reversed', 'won', 'lost') then chargeback_status else 'received' end
            as known_chargeback_status,
        case
            when len(lines) > 0
                then list_sort(list_filter(list_transform(lines, lambda l: l.item_no), lambda i: i is not null))
            when product_item_no is not null then [product_item_no]
            else []
        end as item_nos,
        -- refundRate, REFUND_RATE and "Refund rate" are refund_rate
        nullif(
            trim(
                lower(
                    regexp_replace(
                        regexp_replace(metric_text, '([a-z0-9])([A-Z])', '\1_\2', 'g'), '[^A-Za-z0-9]+', '_', 'g'
                    )
                ),
                '_'
            ),
            ''
        ) as metric_name,
        coalesce(
            case lower(scope_type) when 'campaign_id' then 'campaign' else lower(scope_type) end,
            case
                when scope_campaign is not null then 'campaign'
                when scope_tid is not null then 'tid'
                when scope_product is not null then 'product'
                when scope_item_no is not null then 'item_no'
                when scope_affiliate is not null then 'affiliate'
                when scope_vendor is not null then 'vendor'
                when scope_account is not null then 'account'
            end
        ) as known_scope_type,
        -- a scope that is named takes its value from the key of that name, never from another
        case
            when scope_value is not null then scope_value
            when scope_type is not null
                then case lower(scope_type)
                    when 'campaign' then scope_campaign
                    when 'campaign_id' then scope_campaign
                    when 'tid' then scope_tid
                    when 'product' then scope_product
                    when 'item_no' then scope_item_no
                    when 'affiliate' then scope_affiliate
                    when 'vendor' then scope_vendor
                    when 'account' then scope_account
                end
            else coalesce(
                scope_campaign, scope_tid, scope_product, scope_item_no, scope_affiliate, scope_vendor, scope_account
            )
        end as known_scope_value
    from typed
),

-- In the order in which events.reason picks one. Each is "code path"; no path holds a space or a semicolon.
judged as (
    select
        *,
        case
            when has_item and occurred_at > received_at + interval '48' hour
                then 'implausible_time ' || case when time_text is null then created_path else item_path || time_path end
        end as ahead_reason,
        case when unhandled_reason is null then concat_ws(
            ';',
            verdict || ' ',
            case
                when verdict is not null or event_type is null then null
                when not has_item and is_array and item_path like '%]' then 'data_not_object ' || item_path
                when not has_item and is_array then 'data_empty ' || item_path
                when not has_item then 'data_not_object ' || item_path
            end,
            case
                when is_money_event and said.event_type != event_type
                    then 'type_conflict ' || item_path || transaction_transaction_type_path(item, is_flat)
            end,
            case when has_item and is_money_event and receipt is null then 'missing_receipt ' || item_path || '.receipt' end,
            case
                when has_item and event_type = 'threshold.reached' and metric_name is null
                    then 'missing_metric ' || item_path || '.metric'
            end,
            case
                when not has_item then null
                when event_type = 'sale.created' and amount_text is null and account_amount_text is null and account_amount is null
                    then 'missing_amount ' || item_path || '.totalOrderAmount'
                when event_type = 'refund.processed' and amount_text is null
                    then 'missing_amount ' || item_path || '.refund_amount'
                -- news of a dispute need not repeat its amount
                when event_type = 'chargeback.received' and amount_text is null and known_chargeback_status = 'received'
                    then 'missing_amount ' || item_path || '.chargeback_amount'
            end,
            case
                when has_item and event_type = 'threshold.reached' and threshold_text is null and claimed_text is null
                    then 'missing_value ' || item_path || '.threshold'
            end,
            case
                when amount_text is not null and amount is null
                    then 'bad_money ' || item_path || case event_type
                        when 'sale.created' then transaction_gross_path(item, is_flat)
                        when 'refund.processed' then transaction_refund_amount_path(item, is_flat)
                        else transaction_chargeback_amount_path(item, is_flat)
                    end
            end,
            case
                when account_amount_text is not null and account_amount is null
                    then 'bad_money ' || item_path || transaction_account_amount_path(item, is_flat)
            end,
            case
                when tax_text is not null and tax_amount is null
                    then 'bad_money ' || item_path || transaction_tax_path(item, is_flat)
            end,
            case
                when shipping_text is not null and shipping_amount is null
                    then 'bad_money ' || item_path || transaction_shipping_path(item, is_flat)
            end,
            case
                when threshold_text is not null and threshold_value is null
                    then 'bad_money ' || item_path || alert_threshold_value_path(item, is_flat)
            end,
            case
                when claimed_text is not null and claimed_value is null
                    then 'bad_money ' || item_path || alert_claimed_value_path(item, is_flat)
            end,
            case
                when is_money_event and currency_text is not null and currency is null
                    then 'bad_currency ' || item_path || transaction_currency_path(item, is_flat)
            end,
            case
                when time_text is not null and sent_time is null then 'bad_time ' || item_path || time_path
            end,
            case
                when has_item and is_money_event and time_text is null and created_at is null
                    then 'no_time ' || item_path || '.transaction_time'
            end,
            case
                when has_item and is_too_early(occurred_at)
                    then 'implausible_time ' || case when time_text is null then created_path else item_path || time_path end
            end
        ) end as reasons
    from derived
),

typed_items as (
    select
        body_id, -- joins to stg_bodies.body_id
        item_index, -- place in the array; 0 for a single object
        body_sha256, -- of the whole body
        told_sha256, -- of a notification of INS without the number of its attempt; NULL for other bodies
        received_at, -- earliest delivery of the body
        verdict, -- of the strict parser; NULL when the body is a JSON object
        told_by, -- who told it: command_center, ins, orders, report or subscriptions
        event_id, -- as the sender names the event
        -- finds the bodies of one event: those with the same type and event id, else each its own
        md5_number_lower(
            case
                when event_id is not null then cast(to_json(['id', event_type, event_id]) as varchar)
                else cast(to_json(['body', coalesce(told_sha256, body_sha256)]) as varchar)
            end
        ) as identity_hash,
        event_type, -- as sent
        created_at, -- the envelope's time
        is_test, -- a flag or a type says so
        case when unhandled_reason is null then nullif(reasons, '') end as reasons, -- "code path" separated by semicolons; NULL when the item maps
        unhandled_reason, -- why the item counts for nothing though it can be read; NULL when it counts
        -- "code path" where it happened more than 48 h after the earliest delivery; the latest decides (int_claims)
        case when unhandled_reason is null then ahead_reason end as ahead_reason,
        -- where an amount below 0 stands that a sale must not have; the parts of a sale are judged by their sum
        case
            when event_type = 'sale.created' and unhandled_reason is null and coalesce(amount, signed_account_amount) < 0
                then item_path || case
                    when amount is not null then transaction_gross_path(item, is_flat)
                    when account_amount_text is not null then transaction_account_amount_path(item, is_flat)
                    else '.lines'
                end
        end as negative_path,
        is_order_id, -- the event id is the order's own number, and names no event
        row_hash, -- of everything mapped; only in an array
        -- where the gross or reversed amount, the account's, tax and shipping stand; only in an array
        case
            when is_array and is_money_event
                then [
                    item_path || case event_type
                        when 'sale.created' then transaction_gross_path(item, is_flat)
                        when 'refund.processed' then transaction_refund_amount_path(item, is_flat)
                        else transaction_chargeback_amount_path(item, is_flat)
                    end,
                    item_path || transaction_account_amount_path(item, is_flat),
                    item_path || transaction_tax_path(item, is_flat),
                    item_path || transaction_shipping_path(item, is_flat)
                ]
        end as amount_paths,
        occurred_at, -- when it happened; NULL when the body does not say
        is_time_assumed, -- the time had no offset: it was read as Pacific, a bare date as that day in the report zone
        case when time_text is null then 'envelope' else 'data' end as time_source,
        is_day(time_text) as is_day_precision, -- only a date was given
        nullif(receipt, '********') as receipt, -- the receipt of all test traffic says nothing
        coalesce(root_receipt, root_of(receipt)) as root_receipt,
        root_receipt as said_root_receipt, -- NULL where the root was derived from the receipt
        try_cast(rebill_suffix as integer) as rebill_number,
        known_transaction_type as transaction_type,
        said.transaction_type as said_transaction_type, -- NULL where the type was derived
        known_transaction_type = 'BILL' or is_flagged_rebill or rebill_suffix is not null as is_rebill,
        -- which payment of its receipt a rebill is that has no receipt of its own; an export counts the payments until it was made
        case
            when
                event_type = 'sale.created' and rebill_suffix is null and not is_export(told_by)
                and (known_transaction_type = 'BILL' or is_flagged_rebill)
                then coalesce(
                    said_payment_number,
                    list_max(list_transform(lines, lambda l: whole_number(l.payments_processed)))
                )
        end as payment_number,
        vendor,
        account, -- the envelope's; stands in for a vendor that no telling of a receipt names
        affiliate,
        known_role as role,
        case when known_role = 'VENDOR' then '1' when known_role = 'AFFILIATE' then '2' else '3' || known_role end
            as role_preference, -- smaller is preferred, chosen per receipt
        amount, -- gross of a sale, positive amount of a reversal
        account_amount,
        case when list_contains(assumed_units, true) then assumed_units end as assumed_units, -- of the amount, the account's and the fee: its minor units were read as of a currency with two decimal places; NULL where none were
        tax_amount,
        shipping_amount,
        currency,
        customer_currency, -- the one that the customer paid in
        payment_method,
        country,
        state,
        tracking_id,
        vtid,
        campaign,
        click_id,
        upsell_original_receipt,
        upsell_path,
        refund_id,
        case
            when refund_type in ('FULL', 'TAX') then refund_type
            when starts_with(refund_type, 'PARTIAL') or is_flagged_partial then 'PARTIAL'
        end as refund_type,
        reason_text,
        has_explicit_refund_amount,
        instant(original_sale_time_text) as original_sale_at,
        chargeback_id,
        case said.transaction_type when 'INSF' then 'echeck' else 'card' end as kind,
        fee_amount,
        reason_code,
        card_network,
        known_chargeback_status as chargeback_status,
        lines,
        item_nos,
        product_item_no,
        product_title,
        product_quantity,
        product_is_recurring,
        product_payments_processed,
        product_payments_remaining,
        product_next_payment_date,
        product_rebill_amount,
        plan_change, -- from which item to which
        rule_id,
        rule_name,
        case metric_name
            when 'gross_sale_amount' then 'gross_sales'
            when 'net_sale_amount' then 'net_sales'
            when 'earnings_per_click' then 'epc'
            when 'earnings_per_hop' then 'epc'
            else metric_name
        end as metric,
        case
            when list_contains(['gt', '>', 'above', 'over', 'exceeds', 'greater_than'], lower(comparator_text)) then 'gt'
            when lower(comparator_text) in ('gte', '>=', 'at_least', 'greater_than_or_equal') then 'gte'
            when list_contains(['lt', '<', 'below', 'under', 'less_than'], lower(comparator_text)) then 'lt'
            when lower(comparator_text) in ('lte', '<=', 'at_most', 'less_than_or_equal') then 'lte'
            when list_contains(['eq', '=', '==', 'equals', 'equal'], lower(comparator_text)) then 'eq'
        end as comparator,
        threshold_value,
        claimed_value,
        -- as sent; a percent sign behind a value says it too
        coalesce(unit, case when ends_with(coalesce(claimed_text, threshold_text), '%') then 'percent' end) as unit,
        ends_with(claimed_text, '%') or unit = '%'
        or folded(unit) in ('PERCENT', 'PERCENTAGE', 'PERCENTS', 'PER_CENT', 'PCT') as is_claimed_percent,
        window_start,
        window_end,
        is_day(window_end_text) as is_window_end_day, -- the window ends on a bare date
        window_days,
        coalesce(window_hour_seconds, window_minute_seconds) as window_seconds, -- its length where it is said in hours or minutes
        window_label,
        known_scope_type as scope_type,
        known_scope_value as scope_value,
        severity,
        alert_state,
        sync_id,
        coalesce(source, 'clickbank') as source,
        case
            when sync_status in ('success', 'partial', 'failed') then sync_status
            when list_contains(['succeeded', 'successful', 'completed', 'complete', 'ok', 'done', 'finished'], sync_status) then 'success'
            when sync_status in ('partially_completed', 'partial_success') then 'partial'
            when sync_status in ('failure', 'error', 'errored') then 'failed'
            when sync_status is not null then sync_status
            when failed_job_count > 0 or falsy(is_sync_finished) then 'partial'
            else 'success'
        end as sync_status, -- absent means success
        started_at,
        completed_at,
        case
            when is_day(range_start_text) and is_naive_iso(range_start_text) then try_cast(range_start_text as date)
            else report_date(instant(range_start_text))
        end as range_start,
        -- a range that ends at midnight ends with the day before
        case
            when is_day(range_end_text) and is_naive_iso(range_end_text) then try_cast(range_end_text as date)
            else report_date(instant(range_end_text) - interval '1' microsecond)
        end as range_end,
        coalesce(
            records,
            case
                when coalesce(sales_count, refunds_count, chargebacks_count) is not null
                    then coalesce(sales_count, 0) + coalesce(refunds_count, 0) + coalesce(chargebacks_count, 0)
            end,
            case when coalesce(inserted, updated) is not null then coalesce(inserted, 0) + coalesce(updated, 0) end
        ) as records_claimed, -- only per-type counts given: their sum
        sales_count,
        refunds_count,
        chargebacks_count,
        records is null and coalesce(sales_count, refunds_count, chargebacks_count) is not null as is_claimed_by_type,
        is_backfill,
        -- Two items with one natural key are the same thing told twice. Attempt counters, tracking fields and versions
        -- are left out: they change between retries. NULL where other items have a say: see int_natural_keys.
        case event_type
            when 'sale.created'
                then case
                    when vendor is not null and (rebill_suffix is not null or not (known_transaction_type = 'BILL' or is_flagged_rebill))
                        then sale_key(
                            vendor, known_role, receipt,
                            payment_name(unhandled_reason, rebill_suffix is not null, false, null, null)
                        )
                end
            when 'threshold.reached'
                then cast(to_json([
                    event_id, case when event_id is not null then cast(item_index as varchar) end, rule_id,
                    case when rule_id is null then metric_name end, known_scope_type, known_scope_value,
                    cast(epoch_us(window_start) as varchar), cast(epoch_us(occurred_at) as varchar)
                ]) as varchar)
            when 'data.synced'
                then case
                    when sync_id is null then sync_key(null, coalesce(source, 'clickbank'), started_at, occurred_at)
                end
            when 'refund.processed' then null
            when 'chargeback.received' then null
            -- a notice of a subscription: several roles are told of one, at the same instant
            else cast(to_json([
                vendor, receipt, unhandled_reason, plan_change, cast(to_json(item_nos) as varchar),
                cast(epoch_us(occurred_at) as varchar)
            ]) as varchar)
        end as natural_key,
        -- the fields on which two bodies of one event must agree; a list, so that an absent value keeps its place
        md5(cast(to_json([
            receipt, known_transaction_type, vendor, affiliate, known_role, cast(amount as varchar),
            cast(account_amount as varchar), cast(tax_amount as varchar), currency, cast(epoch_us(occurred_at) as varchar),
            metric_name, claimed_text, cast(records as varchar)
        ]) as varchar)) as mapped_fields_hash
    from judged
)

select
    body_id,
    item_index,
    body_sha256,
    told_sha256,
    received_at,
    verdict,
    told_by,
    event_id,
    identity_hash,
    event_type,
    created_at,
    is_test,
    reasons,
    unhandled_reason,
    ahead_reason,
    negative_path,
    is_order_id,
    row_hash,
    amount_paths,
    occurred_at,
    is_time_assumed,
    time_source,
    is_day_precision,
    receipt,
    root_receipt,
    said_root_receipt,
    rebill_number,
    transaction_type,
    said_transaction_type,
    is_rebill,
    payment_number,
    vendor,
    account,
    affiliate,
    role,
    role_preference,
    amount,
    account_amount,
    assumed_units,
    tax_amount,
    shipping_amount,
    currency,
    customer_currency,
    payment_method,
    country,
    state,
    tracking_id,
    vtid,
    campaign,
    click_id,
    upsell_original_receipt,
    upsell_path,
    refund_id,
    refund_type,
    reason_text,
    has_explicit_refund_amount,
    original_sale_at,
    chargeback_id,
    kind,
    fee_amount,
    reason_code,
    card_network,
    chargeback_status,
    lines,
    item_nos,
    product_item_no,
    product_title,
    product_quantity,
    product_is_recurring,
    product_payments_processed,
    product_payments_remaining,
    product_next_payment_date,
    product_rebill_amount,
    plan_change,
    rule_id,
    rule_name,
    metric,
    comparator,
    threshold_value,
    claimed_value,
    unit,
    is_claimed_percent,
    window_start,
    window_end,
    is_window_end_day,
    window_days,
    window_seconds,
    window_label,
    scope_type,
    scope_value,
    severity,
    alert_state,
    sync_id,
    source,
    sync_status,
    started_at,
    completed_at,
    range_start,
    range_end,
    records_claimed,
    sales_count,
    refunds_count,
    chargebacks_count,
    is_claimed_by_type,
    is_backfill,
    natural_key,
    mapped_fields_hash,
    -- A refresh finds all items that may be one thing by it: those of a receipt, or the runs of a sync. Items that do not
    -- map, and tests, have none: they share keys of a thousand others.
    case
        when reasons is null and not is_test
            then case
                when event_type in ('sale.created', 'refund.processed', 'chargeback.received')
                    then case when receipt is not null then md5_number_lower('receipt ' || receipt) end
                when sync_id is not null then md5_number_lower('sync ' || sync_id)
                else md5_number_lower(event_type || ' ' || natural_key)
            end
    end as natural_hash
from typed_items
