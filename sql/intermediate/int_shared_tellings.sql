-- One telling of a sale, refund or chargeback that several sources tell, with the fields that the facts take of all of them.
-- key: body_id, item_index
-- refresh by: natural_hash
-- placed by: natural_hash, receipt
-- Each group of fields is that of the best source that tells it (sources.csv): of each source the telling that would count if
-- it were the only one. The money is one telling's, with its currency; it speaks for the event. A price list in that
-- currency comes before one without prices, and an instant with its offset before one without.
with winners as (
    select * from int_winners
    where is_told and event_type in ('sale.created', 'refund.processed', 'chargeback.received')
),

items as (
    select * from stg_typed_items
),

parts as (
    select * from int_parts
),

keys as (
    select * from int_natural_keys
),

matches as (
    select * from int_matched_reversals
),

-- Where one source tells everything this is empty, and costs nothing.
strangers as (
    select natural_hash from winners
    where told_by != (select min(winners.told_by) from winners)
),

told_by_several as (
    select natural_hash from winners
    where natural_hash in (select strangers.natural_hash from strangers)
    group by natural_hash
    having min(told_by) != max(told_by)
),

named as (
    select
        winners.body_id,
        winners.item_index,
        winners.natural_hash,
        winners.event_type,
        winners.receipt,
        winners.told_by,
        winners.created_at,
        winners.body_sha256,
        keys.seller,
        coalesce(keys.is_whole, false) as is_whole,
        coalesce(matches.is_other_currency, false) as is_other_currency,
        matches.currency as matched_currency,
        coalesce(matches.matched_key, keys.natural_key, winners.natural_key) as natural_key
    from winners
    left join keys on winners.body_id = keys.body_id and winners.item_index = keys.item_index
    left join matches
        on
            keys.event_type = matches.event_type
            and keys.natural_key = matches.natural_key
            and keys.told_by = matches.told_by
    where winners.natural_hash in (select told_by_several.natural_hash from told_by_several)
),

things as (
    select
        event_type,
        natural_key,
        string_agg(distinct told_by, ',' order by told_by) as sources
    from named
    group by event_type, natural_key
    having min(told_by) != max(told_by)
),

best as (
    select
        named.*,
        things.sources
    from named
    inner join things on named.event_type = things.event_type and named.natural_key = things.natural_key
    left join parts on named.body_id = parts.body_id and named.item_index = parts.item_index
    where coalesce(parts.lead_item_index, named.item_index) = named.item_index
    qualify
        row_number() over (
            partition by named.event_type, named.natural_key, named.told_by
            order by named.is_whole, named.created_at desc nulls last, named.body_sha256 desc, named.item_index
        ) = 1
),

told as (
    select
        best.* exclude (seller),
        coalesce(best.seller, items.vendor) as seller,
        items.kind,
        items.product_item_no,
        items.product_title,
        items.refund_id,
        items.chargeback_id,
        case items.event_type when 'sale.created' then coalesce(items.currency, parts.currency) else best.matched_currency end as currency,
        coalesce(parts.said_transaction_type, items.said_transaction_type) is null as is_kind_assumed,
        coalesce(items.customer_currency, parts.currency) as customer_currency,
        coalesce(parts.vendor, items.vendor) as vendor,
        coalesce(parts.affiliate, items.affiliate) as affiliate,
        coalesce(parts.said_root_receipt, items.said_root_receipt) as said_root_receipt,
        coalesce(parts.payment_method, items.payment_method) as payment_method,
        coalesce(parts.country, items.country) as country,
        coalesce(parts.state, items.state) as state,
        coalesce(parts.tracking_id, items.tracking_id) as tracking_id,
        coalesce(parts.vtid, items.vtid) as vtid,
        coalesce(parts.campaign, items.campaign) as campaign,
        coalesce(parts.click_id, items.click_id) as click_id,
        coalesce(parts.upsell_original_receipt, items.upsell_original_receipt) as upsell_original_receipt,
        coalesce(parts.upsell_path, items.upsell_path) as upsell_path,
        coalesce(parts.product_quantity, items.product_quantity) as product_quantity,
        coalesce(parts.product_is_recurring, items.product_is_recurring) as product_is_recurring,
        coalesce(parts.product_payments_processed, items.product_payments_processed) as product_payments_processed,
        coalesce(parts.product_payments_remaining, items.product_payments_remaining) as product_payments_remaining,
        coalesce(parts.product_next_payment_date, items.product_next_payment_date) as product_next_payment_date,
        coalesce(parts.product_rebill_amount, items.product_rebill_amount) as product_rebill_amount,
        coalesce(parts.refund_type, items.refund_type) as refund_type,
        coalesce(parts.reason_text, items.reason_text) as reason_text,
        coalesce(parts.reason_code, items.reason_code) as reason_code,
        coalesce(parts.card_network, items.card_network) as card_network,
        coalesce(parts.original_sale_at, items.original_sale_at) as original_sale_at,
        coalesce(parts.occurred_at, items.occurred_at) as occurred_at,
        coalesce(parts.is_time_assumed, items.is_time_assumed) as is_time_assumed,
        coalesce(parts.is_day_precision, items.is_day_precision) as is_day_precision,
        coalesce(parts.time_source, items.time_source) as time_source,
        case when parts.body_id is null then items.amount else parts.amount end as amount,
        -- minor units of an unknown currency stay with the amount that they are told next to
        case
            when case when parts.body_id is null then items.assumed_units else parts.assumed_units end is null
                then case when parts.body_id is null then items.account_amount else parts.account_amount end
        end as account_amount,
        case
            when case when parts.body_id is null then items.assumed_units else parts.assumed_units end is null
                then case when parts.body_id is null then items.fee_amount else parts.fee_amount end
        end as fee_amount,
        case when parts.body_id is null then items.lines else parts.lines end as lines,
        case when parts.body_id is null then items.item_nos else parts.item_nos end as item_nos
    from best
    inner join items on best.body_id = items.body_id and best.item_index = items.item_index
    left join parts on best.body_id = parts.body_id and best.item_index = parts.item_index
),

ranked as (
    select
        *,
        case when amount is null then 100 else 0 end + case when is_other_currency then 10 else 0 end
        + source_rank(told_by) as precedence,
        row_number() over (
            partition by event_type, natural_key
            order by source_rank(told_by), created_at desc nulls last, body_sha256 desc
        ) as place,
        row_number() over (
            partition by event_type, natural_key
            order by
                is_day_precision, is_time_assumed, time_source, source_rank(told_by), created_at desc nulls last, body_sha256 desc
        ) as time_place
    from told
),

priced as (
    select
        *,
        first_value(currency) over (partition by event_type, natural_key order by precedence, place) as money_currency,
        len(lines) > 0 or product_item_no is not null or product_title is not null as has_lines,
        len(lines) > 0 and len(list_filter(lines, lambda l: money(l.price) is null)) = 0 as has_prices
    from ranked
),

listed as (
    select
        *,
        row_number() over (
            partition by event_type, natural_key
            order by
                coalesce(has_prices and event_type = 'sale.created' and currency is not distinct from money_currency, false) desc,
                coalesce(has_lines, false) desc,
                place
        ) as line_place
    from priced
),

-- min_by passes over a source that does not tell the field.
merged as (
    select
        event_type,
        natural_key,
        min_by(account_amount, place) as account_amount,
        min_by(fee_amount, place) as fee_amount,
        min_by(occurred_at, time_place) as occurred_at,
        min_by(is_time_assumed, time_place) as is_time_assumed,
        min_by(is_day_precision, time_place) as is_day_precision,
        min_by(time_source, time_place) as time_source,
        min_by(customer_currency, place) as customer_currency,
        min_by(vendor, place) as vendor,
        min_by(affiliate, place) as affiliate,
        min_by(said_root_receipt, place) as said_root_receipt,
        min_by(payment_method, place) as payment_method,
        min_by(country, place) as country,
        min_by(state, place) as state,
        min_by(tracking_id, place) as tracking_id,
        min_by(vtid, place) as vtid,
        min_by(campaign, place) as campaign,
        min_by(click_id, place) as click_id,
        min_by(upsell_original_receipt, place) as upsell_original_receipt,
        min_by(upsell_path, place) as upsell_path,
        min_by(refund_id, place) as refund_id,
        min_by(chargeback_id, place) as chargeback_id,
        min_by(refund_type, place) as refund_type,
        min_by(reason_text, place) as reason_text,
        min_by(reason_code, place) as reason_code,
        min_by(card_network, place) as card_network,
        min_by(original_sale_at, place) as original_sale_at,
        min_by(kind, (is_kind_assumed, place)) as kind,
        min_by(lines, line_place) as lines,
        min_by(item_nos, line_place) as item_nos,
        max(product_item_no) filter (where line_place = 1) as product_item_no,
        max(product_title) filter (where line_place = 1) as product_title,
        max(product_quantity) filter (where line_place = 1) as product_quantity,
        max(product_is_recurring) filter (where line_place = 1) as product_is_recurring,
        max(product_payments_processed) filter (where line_place = 1) as product_payments_processed,
        max(product_payments_remaining) filter (where line_place = 1) as product_payments_remaining,
        max(product_next_payment_date) filter (where line_place = 1) as product_next_payment_date,
        max(product_rebill_amount) filter (where line_place = 1) as product_rebill_amount
    from listed
    group by event_type, natural_key
)

select
    named.body_id,
    named.item_index,
    named.natural_hash,
    named.receipt,
    named.event_type,
    named.told_by, -- the source
    listed.seller,
    (named.body_id, named.item_index) = (listed.body_id, listed.item_index) as is_spokesman, -- for its source, whose values follow
    listed.amount as own_amount,
    listed.currency as own_currency, -- of a reversal without one that of its source's sale
    listed.account_amount as own_account_amount,
    listed.affiliate as own_affiliate,
    listed.occurred_at as own_occurred_at,
    named.natural_key, -- equal in all tellings of one thing
    listed.precedence, -- the source with the least speaks for the event: its amount is the fact's
    listed.sources, -- sorted, comma-separated
    merged.account_amount, -- this column and those below are the thing's
    merged.fee_amount,
    merged.occurred_at,
    merged.is_time_assumed,
    merged.is_day_precision,
    merged.time_source,
    merged.customer_currency,
    merged.vendor,
    merged.affiliate,
    merged.said_root_receipt,
    merged.payment_method,
    merged.country,
    merged.state,
    merged.tracking_id,
    merged.vtid,
    merged.campaign,
    merged.click_id,
    merged.upsell_original_receipt,
    merged.upsell_path,
    merged.refund_id,
    merged.chargeback_id,
    merged.refund_type,
    merged.reason_text,
    merged.reason_code,
    merged.card_network,
    merged.original_sale_at,
    merged.kind,
    merged.lines,
    merged.item_nos,
    merged.product_item_no,
    merged.product_title,
    merged.product_quantity,
    merged.product_is_recurring,
    merged.product_payments_processed,
    merged.product_payments_remaining,
    merged.product_next_payment_date,
    merged.product_rebill_amount
from named
inner join listed
    on
        named.event_type = listed.event_type
        and named.natural_key = listed.natural_key
        and named.told_by = listed.told_by
inner join merged on named.event_type = merged.event_type and named.natural_key = merged.natural_key
