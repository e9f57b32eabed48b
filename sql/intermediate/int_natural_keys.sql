-- One item whose natural key depends on other items of its receipt or sync: a reversal, a rebill, a sale without a vendor.
-- key: body_id, item_index
-- refresh by: natural_hash
-- placed by: natural_hash
-- Without the id of a reversal, or the number of a payment, the instant (and a reversal's amount) finds the one that has it.
with winners as (
    select * from int_winners
    where is_told
),

items as (
    select * from stg_typed_items
),

parts as (
    select * from int_parts
),

sellers as (
    select * from int_sellers
),

open_items as (
    select natural_hash from items
    where natural_key is null
),

tellings as (
    select
        items.*
        exclude (amount, item_nos, occurred_at),
        winners.created_at as told_at,
        sellers.seller,
        sellers.is_ambiguous,
        coalesce(parts.amount, items.amount) as told_amount,
        (case when parts.body_id is null then items.assumed_units else parts.assumed_units end)[1] as is_amount_assumed,
        coalesce(items.currency, parts.currency) as known_currency,
        coalesce(parts.occurred_at, items.occurred_at) as occurred_at,
        -- rows that name no item are no part, also where there are several of them
        case when len(coalesce(parts.item_nos, items.item_nos)) > 0 then cast(to_json(coalesce(parts.item_nos, items.item_nos)) as varchar) end
            as item_nos
    from items
    inner join winners on items.body_id = winners.body_id and items.item_index = winners.item_index
    left join sellers on items.body_id = sellers.body_id and items.item_index = sellers.item_index
    left join parts on items.body_id = parts.body_id and items.item_index = parts.item_index
    where
        items.natural_hash in (select open_items.natural_hash from open_items)
        and coalesce(parts.lead_item_index, items.item_index) = items.item_index
),

-- The minor units of a reversal that does not say its currency are those of the seller's sale.
measured as (
    select
        *,
        minor_units_of(
            told_amount, is_amount_assumed,
            currency_places(
                min(known_currency) filter (where event_type = 'sale.created' and unhandled_reason is null) over (
                    partition by receipt, seller
                )
            )
        ) as amount
    from tellings
),

filled as (
    select
        * exclude (payment_number, refund_id, chargeback_id, completed_at),
        case
            when event_type = 'sale.created' and is_rebill and rebill_number is null
                then coalesce(payment_number, min(payment_number) over same_instant)
        end as payment_number,
        coalesce(refund_id, min(refund_id) over same_reversal) as refund_id,
        coalesce(chargeback_id, min(chargeback_id) over same_reversal) as chargeback_id,
        -- a run that has not ended yet is the one of its id that has
        coalesce(
            completed_at,
            case when min(completed_at) over same_sync = max(completed_at) over same_sync then min(completed_at) over same_sync end,
            occurred_at
        ) as completed_at
    from measured
    window
        same_instant as (partition by receipt, seller, occurred_at),
        same_reversal as (
            partition by receipt, seller, event_type, role, occurred_at, amount, chargeback_status, is_ambiguous
        ),
        same_sync as (partition by sync_id, source)
),

keyed as (
    select
        *,
        case event_type
            when 'sale.created'
                then sale_key(
                    seller, role, receipt,
                    payment_name(unhandled_reason, rebill_number is not null, is_rebill, payment_number, occurred_at)
                )
            when 'refund.processed' then refund_key(seller, role, receipt, refund_id, occurred_at, amount, cast(null as varchar))
            when 'chargeback.received'
                then dispute_key(
                    seller, role, receipt, chargeback_id, transaction_type, chargeback_status, occurred_at, amount
                )
            when 'data.synced' then sync_key(sync_id, source, cast(null as timestamptz), completed_at)
            else natural_key
        end as whole_key
    from filled
),

-- Events with one id and different items are parts of one refund.
divided as (
    select
        *,
        event_type = 'refund.processed'
        and min(item_nos) over same_thing != max(item_nos) over same_thing as is_in_parts,
        first_value(item_nos ignore nulls) over (
            partition by event_type, whole_key
            order by told_at desc nulls last, body_sha256 desc, item_index
            rows between unbounded preceding and unbounded following
        ) as latest_item_nos
    from keyed
    window same_thing as (partition by event_type, whole_key)
)

select
    body_id,
    item_index,
    natural_hash,
    event_type,
    told_by, -- the source
    case
        when is_in_parts
            then refund_key(
                seller, role, receipt, refund_id, occurred_at, amount, coalesce(item_nos, latest_item_nos)
            )
        else whole_key
    end as natural_key,
    -- it names no items where other events are parts, and represents none of them
    is_in_parts and item_nos is null as is_whole,
    seller,
    is_ambiguous,
    payment_number,
    amount, -- its minor units are those of the sale's currency where it does not say its own
    known_currency as currency
from divided
