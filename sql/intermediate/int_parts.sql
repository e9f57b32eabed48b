-- One of several rows of a body that are parts of one thing: of a sale with a row per item, of a refund with a row per line.
-- key: body_id, item_index
-- refresh by: body_id
-- The first row represents the thing. Rows become its lines and their amounts add up, except amounts under a key that names
-- the order's own total. Every other value is that of the first row that tells it. Rows that are equal in every mapped field
-- count once.
with items as (
    select * from stg_typed_items
),

bodies as (
    select body_id from items
    where item_index > 0
),

arrays as (
    select
        *,
        -- a row that names no seller has that of the others
        coalesce(vendor, case when count(distinct vendor) over same_receipt = 1 then min(vendor) over same_receipt end)
            as seller,
        list_transform(amount_paths, lambda p: names_order_total(p)) as is_total
    from items
    where
        body_id in (select body_id from bodies) -- spares most bodies the work
        and receipt is not null
        and event_type in ('sale.created', 'refund.processed', 'chargeback.received')
    window same_receipt as (partition by body_id, receipt)
),

grouped as (
    select
        *,
        cast(to_json([
            seller, role, receipt, unhandled_reason,
            case event_type
                when 'sale.created'
                    then payment_name(null, rebill_number is not null, is_rebill, payment_number, occurred_at)
                when 'refund.processed' then coalesce(refund_id, utc_text(occurred_at))
                else concat_ws(
                    ' ', coalesce(chargeback_id, transaction_type), chargeback_status, utc_text(occurred_at)
                )
            end
        ]) as varchar) as part_key
    from arrays
),

-- A row that does not say its currency has that of the others, and its minor units.
marked as (
    select
        * exclude (amount, account_amount, fee_amount),
        min(item_index) over same_thing as lead_item_index,
        count(*) over same_thing as row_count,
        row_number() over (partition by body_id, part_key, row_hash order by item_index) > 1 as is_repeat,
        minor_units_of(amount, assumed_units[1], currency_places(min(currency) over same_thing)) as amount,
        minor_units_of(account_amount, assumed_units[2], currency_places(min(currency) over same_thing)) as account_amount,
        minor_units_of(fee_amount, assumed_units[3], currency_places(min(currency) over same_thing)) as fee_amount
    from grouped
    window same_thing as (partition by body_id, part_key)
),

rows_of_things as (
    select * from marked
    where row_count > 1
),

-- A part without lines is a line. It passes through JSON so that it has the type of a line.
parts as (
    select
        *,
        case
            when len(lines) > 0 then lines
            when product_item_no is null and product_title is null and is_total[1] then []
            else list_transform(
                from_json(
                    to_json([{
                        'itemNo': product_item_no, 'productTitle': product_title, 'quantity': product_quantity,
                        'price': case
                            when event_type = 'sale.created' and not is_total[1]
                                then cast(
                                    amount - case when is_total[3] then 0 else coalesce(tax_amount, 0) end
                                    - case when is_total[4] then 0 else coalesce(shipping_amount, 0) end
                                    as varchar
                                )
                        end,
                        'accountAmount': case
                            when event_type = 'sale.created' and not is_total[2]
                                then cast(account_amount as varchar)
                        end,
                        'recurring': product_is_recurring,
                        'paymentsProcessed': product_payments_processed,
                        'paymentsRemaining': product_payments_remaining,
                        'nextPaymentDate': product_next_payment_date,
                        'rebillAmount': product_rebill_amount
                    }]),
                    '[' || getvariable('line_structure') || ']'
                ),
                lambda l: clean_line(l)
            )
        end as part_lines
    from rows_of_things
    where not is_repeat
),

things as (
    select
        body_id,
        lead_item_index,
        event_type,
        first(seller order by item_index) as seller,
        part_total(list(amount order by item_index), list(is_total[1] order by item_index)) as amount,
        part_total(list(account_amount order by item_index), list(is_total[2] order by item_index)) as account_amount,
        part_total(list(tax_amount order by item_index), list(is_total[3] order by item_index)) as tax_amount,
        part_total(list(shipping_amount order by item_index), list(is_total[4] order by item_index)) as shipping_amount,
        case when count(distinct fee_amount) = 1 then min(fee_amount) else cast(sum(fee_amount) as decimal(18, 4)) end
            as fee_amount,
        flatten(list(part_lines order by item_index)) as lines,
        list_sort(list_distinct(flatten(list(item_nos order by item_index)))) as item_nos,
        min(currency) as currency,
        case when min(currency) is null then any_value(assumed_units order by item_index) end as assumed_units,
        -- a row that tells its own time precedes those that have the envelope's
        any_value(occurred_at order by time_source, item_index) as occurred_at,
        first(is_time_assumed order by time_source, item_index) as is_time_assumed,
        first(is_day_precision order by time_source, item_index) as is_day_precision,
        min(time_source) as time_source,
        any_value(said_root_receipt order by item_index) as said_root_receipt,
        any_value(vendor order by item_index) as vendor,
        any_value(affiliate order by item_index) as affiliate,
        any_value(payment_method order by item_index) as payment_method,
        any_value(country order by item_index) as country,
        any_value(state order by item_index) as state,
        any_value(tracking_id order by item_index) as tracking_id,
        any_value(vtid order by item_index) as vtid,
        any_value(campaign order by item_index) as campaign,
        any_value(click_id order by item_index) as click_id,
        any_value(upsell_original_receipt order by item_index) as upsell_original_receipt,
        any_value(upsell_path order by item_index) as upsell_path,
        any_value(refund_type order by item_index) as refund_type,
        any_value(reason_text order by item_index) as reason_text,
        any_value(original_sale_at order by item_index) as original_sale_at,
        any_value(said_transaction_type order by item_index) as said_transaction_type,
        any_value(reason_code order by item_index) as reason_code,
        any_value(card_network order by item_index) as card_network,
        any_value(product_quantity order by item_index) as product_quantity,
        any_value(product_is_recurring order by item_index) as product_is_recurring,
        any_value(product_payments_processed order by item_index) as product_payments_processed,
        any_value(product_payments_remaining order by item_index) as product_payments_remaining,
        any_value(product_next_payment_date order by item_index) as product_next_payment_date,
        any_value(product_rebill_amount order by item_index) as product_rebill_amount,
        min(currency) != max(currency) as has_two_currencies,
        max(amount_paths[1]) as amount_path,
        first(negative_path order by item_index) filter (where negative_path is not null) as negative_path,
        -- an order has one total: where the rows say two, the path of the first that differs
        coalesce(
            first_other_total(
                list(amount order by item_index), list(is_total[1] order by item_index),
                list(amount_paths[1] order by item_index)
            ),
            first_other_total(
                list(account_amount order by item_index), list(is_total[2] order by item_index),
                list(amount_paths[2] order by item_index)
            ),
            first_other_total(
                list(tax_amount order by item_index), list(is_total[3] order by item_index),
                list(amount_paths[3] order by item_index)
            ),
            first_other_total(
                list(shipping_amount order by item_index), list(is_total[4] order by item_index),
                list(amount_paths[4] order by item_index)
            )
        ) as other_total_path
    from parts
    group by body_id, lead_item_index, event_type
)

select
    rows_of_things.body_id,
    rows_of_things.item_index,
    rows_of_things.lead_item_index, -- the row that stands for the thing
    rows_of_things.receipt,
    rows_of_things.natural_hash,
    rows_of_things.is_repeat, -- equal to a row before it, and not counted
    -- as any of the rows names it; this column and those below are the thing's, and only in the row that stands for it
    things.seller,
    things.currency, -- likewise
    things.assumed_units, -- where no row says the currency
    things.amount,
    things.account_amount,
    things.tax_amount,
    things.shipping_amount,
    things.fee_amount,
    things.lines,
    things.item_nos,
    things.occurred_at,
    things.is_time_assumed,
    things.is_day_precision,
    things.time_source,
    things.said_root_receipt,
    things.vendor,
    things.affiliate,
    things.payment_method,
    things.country,
    things.state,
    things.tracking_id,
    things.vtid,
    things.campaign,
    things.click_id,
    things.upsell_original_receipt,
    things.upsell_path,
    things.refund_type,
    things.reason_text,
    things.original_sale_at,
    things.said_transaction_type,
    things.reason_code,
    things.card_network,
    things.product_quantity,
    things.product_is_recurring,
    things.product_payments_processed,
    things.product_payments_remaining,
    things.product_next_payment_date,
    things.product_rebill_amount,
    nullif(
        concat_ws(
            ';',
            'parts_disagree ' || coalesce(things.other_total_path, case when things.has_two_currencies then things.amount_path end),
            case
                when things.event_type = 'sale.created' and coalesce(things.amount, things.account_amount) < 0
                    then 'negative_amount ' || things.negative_path
            end
        ),
        ''
    ) as reasons -- "code path" separated by semicolons
from rows_of_things
left join things on rows_of_things.body_id = things.body_id and rows_of_things.item_index = things.lead_item_index
