-- One refund or chargeback as one source tells it, of a receipt whose reversals several sources tell.
-- key: body_id, item_index
-- refresh by: natural_hash
-- placed by: natural_hash
-- Sources that tell one reversal share no id and not always an instant, a currency or an amount. Within a seller's receipt,
-- payment, role and kind two tellings of different sources are matched, the nearest first: 1. with one id; 2. of the same share
-- of their own source's gross, within 15 minutes; 3. of the same share on one day, where a source tells only a day or no zone;
-- 4. of the same share, where both together would take back more than the gross. Two tellings of one source stay two.
with recursive keys as (
    select * from int_natural_keys
),

items as (
    select * from stg_typed_items
),

parts as (
    select * from int_parts
),

told_by_several as (
    select natural_hash from keys
    where event_type != 'sale.created'
    group by natural_hash, event_type
    having min(told_by) != max(told_by)
),

-- The telling that speaks for its source.
tellings as (
    select
        keys.*,
        items.receipt,
        items.role,
        items.role_preference,
        items.body_sha256,
        items.chargeback_status,
        coalesce(items.refund_id, items.chargeback_id) as reversal_id,
        payment_name(null, items.rebill_number is not null, items.is_rebill, keys.payment_number, coalesce(parts.occurred_at, items.occurred_at))
            as payment,
        coalesce(parts.occurred_at, items.occurred_at) as occurred_at,
        coalesce(parts.is_day_precision, items.is_day_precision) as is_day_precision,
        coalesce(parts.is_time_assumed, items.is_time_assumed) as is_time_assumed,
        coalesce(parts.item_nos, items.item_nos) as item_nos
    from keys
    inner join items on keys.body_id = items.body_id and keys.item_index = items.item_index
    left join parts on keys.body_id = parts.body_id and keys.item_index = parts.item_index
    where
        keys.natural_hash in (select told_by_several.natural_hash from told_by_several)
        and items.unhandled_reason is null
    qualify
        row_number() over (
            partition by keys.event_type, keys.natural_key, keys.told_by
            order by keys.is_whole, items.created_at desc nulls last, items.body_sha256 desc, keys.item_index
        ) = 1
),

-- The gross of each payment in the words of each source, of its preferred role.
grosses as (
    select
        receipt,
        seller,
        payment,
        told_by,
        min(occurred_at) as sold_at,
        any_value(amount order by role_preference, body_sha256) as gross_amount,
        first(currency order by amount is null, role_preference, body_sha256) as currency
    from tellings
    where event_type = 'sale.created'
    group by receipt, seller, payment, told_by
),

-- Amounts are compared as shares of this gross: that of the best source that tells one.
payments as (
    select
        receipt,
        seller,
        payment,
        min(sold_at) as sold_at,
        any_value(gross_amount order by source_rank(told_by), told_by) as gross_amount,
        first(currency order by gross_amount is null, source_rank(told_by), told_by) as currency
    from grosses
    group by receipt, seller, payment
),

reversals as (
    select
        * exclude (payment),
        min(occurred_at) over (partition by event_type, natural_key)
        + case when bool_or(is_day_precision) over (partition by event_type, natural_key) then interval '24' hour else interval '0' hour end
            as latest_at
    from tellings
    where event_type != 'sale.created'
),

-- As in int_linked_reversals: the latest payment at or before it, else the earliest.
paid as (
    select
        reversals.*,
        payments.payment,
        payments.gross_amount as payment_gross,
        payments.currency as payment_currency
    from reversals
    left join payments
        on
            reversals.receipt = payments.receipt
            and reversals.seller is not distinct from payments.seller
    qualify
        row_number() over (
            partition by reversals.event_type, reversals.natural_key, reversals.told_by
            order by
                (payments.sold_at <= reversals.latest_at) desc,
                case
                    when payments.sold_at <= reversals.latest_at then -epoch_us(payments.sold_at)
                    else epoch_us(payments.sold_at)
                end,
                payments.payment
        ) = 1
),

-- The gross of its own source, else of the best other one that has its currency.
measured as (
    select
        paid.* exclude (currency),
        coalesce(paid.currency, grosses.currency) as currency,
        grosses.gross_amount,
        case
            when grosses.gross_amount > 0 and paid.payment_gross > 0
                then money_share(paid.payment_gross, paid.amount, grosses.gross_amount)
        end as share_amount,
        row_number() over (order by paid.event_type, paid.natural_key, paid.told_by) as number,
        cast(to_json([
            paid.event_type, paid.receipt, paid.seller, paid.role, paid.payment,
            case when paid.event_type = 'chargeback.received' then paid.chargeback_status end
        ]) as varchar) as group_key
    from paid
    left join grosses
        on
            paid.receipt = grosses.receipt
            and paid.seller is not distinct from grosses.seller
            and paid.payment = grosses.payment
            and coalesce(paid.currency = grosses.currency, true)
    qualify
        row_number() over (
            partition by paid.event_type, paid.natural_key, paid.told_by
            order by
                grosses.gross_amount is null,
                (grosses.told_by = paid.told_by) desc nulls last,
                source_rank(grosses.told_by),
                grosses.told_by
        ) = 1
),

compared as (
    select
        one.group_key,
        one.number as one_number,
        other.number as other_number,
        one.payment_gross,
        abs(epoch_us(one.occurred_at) - epoch_us(other.occurred_at)) as distance,
        coalesce(one.reversal_id = other.reversal_id, false) as has_same_id,
        coalesce(
            case
                when one.amount is not distinct from other.amount and coalesce(one.currency = other.currency, true) then true
                when one.currency is distinct from other.currency or one.gross_amount is distinct from other.gross_amount
                    then abs(one.share_amount - other.share_amount) <= cast(0.005 as decimal(5, 4)) * one.payment_gross
            end,
            false
        ) as has_same_share,
        list_has_all(one.item_nos, other.item_nos) or list_has_all(other.item_nos, one.item_nos) as may_have_same_items,
        (one.is_day_precision or one.is_time_assumed or other.is_day_precision or other.is_time_assumed)
        and list_has_any(
            told_days(one.occurred_at, one.is_day_precision), told_days(other.occurred_at, other.is_day_precision)
        ) as may_be_same_day,
        (one.told_by, other.told_by, one.body_sha256, other.body_sha256, one.item_index, other.item_index) as names
    from measured as one
    inner join measured as other
        on one.group_key = other.group_key and one.told_by < other.told_by and one.natural_key != other.natural_key
),

stepped as (
    select
        *,
        case
            when has_same_id then 1
            when has_same_share and may_have_same_items and distance <= 900000000 then 2
            when has_same_share and may_have_same_items and may_be_same_day then 3
            when has_same_share then 4
        end as step
    from compared
),

pairs as materialized (
    select
        group_key,
        one_number,
        other_number,
        payment_gross,
        step,
        row_number() over (order by step, distance, names) as place
    from stepped
    where step is not null
),

-- Each round matches the nearest pair of each group whose sides have no source in common.
matching as (
    select
        number,
        group_key,
        natural_key,
        natural_key as matched_key,
        told_by,
        share_amount,
        0 as round
    from measured
    where group_key in (select pairs.group_key from pairs)
    union all
    (
        with taken_back as (
            select
                group_key,
                sum(amount) as amount
            from (
                select
                    group_key,
                    matched_key,
                    min(share_amount) as amount
                from matching
                group by group_key, matched_key
            ) as things
            group by group_key
        ),

        open_pairs as (
            select
                pairs.group_key,
                pairs.place,
                one.matched_key,
                other.matched_key as other_key
            from pairs
            inner join matching as one on pairs.one_number = one.number
            inner join matching as other on pairs.other_number = other.number
            inner join taken_back on pairs.group_key = taken_back.group_key
            where
                one.matched_key != other.matched_key
                and (pairs.step < 4 or taken_back.amount > pairs.payment_gross + cast(0.01 as decimal(5, 4)))
        ),

        clashes as (
            select open_pairs.place from open_pairs
            inner join matching as one
                on open_pairs.group_key = one.group_key and open_pairs.matched_key = one.matched_key
            inner join matching as other
                on
                    open_pairs.group_key = other.group_key
                    and open_pairs.other_key = other.matched_key
                    and one.told_by = other.told_by
        ),

        nearest as (
            select
                group_key,
                min_by(matched_key, place) as matched_key,
                min_by(other_key, place) as other_key
            from open_pairs
            where place not in (select clashes.place from clashes)
            group by group_key
        )

        select
            matching.number,
            matching.group_key,
            matching.natural_key,
            case when matching.matched_key = nearest.other_key then nearest.matched_key else matching.matched_key end as matched_key,
            matching.told_by,
            matching.share_amount,
            matching.round + 1 as round
        from matching
        inner join nearest on matching.group_key = nearest.group_key
    )
),

matched as (
    select
        number,
        matched_key
    from matching
    qualify round = max(round) over (partition by group_key)
)

select
    measured.body_id, -- the telling that speaks for its source
    measured.item_index,
    measured.event_type,
    measured.natural_key,
    measured.told_by, -- the source
    measured.natural_hash,
    measured.receipt,
    measured.seller,
    measured.group_key, -- the seller, receipt, payment, role and kind within which reversals are matched
    -- equal in all tellings of one reversal: the key of its best source
    first_value(measured.natural_key) over (
        partition by measured.event_type, coalesce(matched.matched_key, measured.natural_key)
        order by source_rank(measured.told_by), measured.natural_key
    ) as matched_key,
    measured.occurred_at,
    measured.amount,
    measured.currency,
    coalesce(measured.currency != measured.payment_currency, false) as is_other_currency, -- than the gross of the payment
    measured.payment_gross, -- in the words of its best source
    measured.share_amount -- of the payment's gross; NULL where a gross is not known
from measured
left join matched on measured.number = matched.number
