-- One item of a receipt for which some item leaves the seller, the payment or the reversal open, with its seller.
-- key: body_id, item_index
-- refresh by: natural_hash
-- placed by: natural_hash
-- A receipt is unique per seller. An item without a vendor has the only vendor that any item of the receipt names; where none
-- does, the envelope's account stands in for it. Of several sellers a reversal belongs to the one whose sale fits in
-- currency and amount.
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

open_items as (
    select natural_hash from items
    where natural_key is null
),

-- Most receipts have one telling, a sale that names its vendor, and are not looked at.
tellings as (
    select
        items.body_id,
        items.item_index,
        items.natural_hash,
        items.event_type,
        items.receipt,
        coalesce(parts.seller, items.vendor) as vendor,
        items.account,
        coalesce(parts.currency, items.currency) as currency,
        coalesce(parts.amount, items.amount) as amount,
        (case when parts.body_id is null then items.assumed_units else parts.assumed_units end)[1] as is_amount_assumed,
        items.unhandled_reason is null as is_handled
    from items
    inner join winners on items.body_id = winners.body_id and items.item_index = winners.item_index
    left join parts on items.body_id = parts.body_id and items.item_index = parts.item_index
    where
        items.natural_hash in (select open_items.natural_hash from open_items)
        and items.event_type in ('sale.created', 'refund.processed', 'chargeback.received')
        and coalesce(parts.lead_item_index, items.item_index) = items.item_index
),

known as (
    select
        *,
        min(vendor) over same_receipt as first_vendor,
        max(vendor) over same_receipt as last_vendor,
        min(account) over same_receipt as first_account,
        max(account) over same_receipt as last_account,
        min(vendor) over same_body as first_vendor_of_body,
        max(vendor) over same_body as last_vendor_of_body,
        list_contains(list(vendor) over same_receipt, account) as is_account_a_vendor
    from tellings
    window
        same_receipt as (partition by receipt),
        same_body as (partition by receipt, body_id)
),

named as (
    select
        *,
        case
            when vendor is not null then vendor
            when first_vendor_of_body = last_vendor_of_body then first_vendor_of_body
            when first_vendor = last_vendor then first_vendor
            when first_vendor is null
                then coalesce(account, case when first_account = last_account then first_account end)
            when is_account_a_vendor then account
        end as seller,
        coalesce(first_vendor, first_account) != coalesce(last_vendor, last_account) as has_several
    from known
),

sales as (
    select distinct receipt, seller, currency, amount from named
    where event_type = 'sale.created' and is_handled
),

-- The minor units of a reversal that does not say its currency are those of the sale.
compared as (
    select
        reversals.body_id,
        reversals.item_index,
        sales.seller,
        sales.amount as sale_amount,
        minor_units_of(reversals.amount, reversals.is_amount_assumed, currency_places(sales.currency)) as amount
    from named as reversals
    inner join sales
        on
            reversals.receipt = sales.receipt
            and coalesce(reversals.currency = sales.currency, true)
    where
        reversals.event_type != 'sale.created' and reversals.seller is null and reversals.has_several
        and not coalesce(reversals.first_vendor_of_body != reversals.last_vendor_of_body, false)
),

fitting as (
    select
        body_id,
        item_index,
        count(distinct coalesce(seller, '')) filter (where sale_amount = amount) as equal_count,
        any_value(seller) filter (where sale_amount = amount) as equal_seller,
        count(distinct coalesce(seller, '')) as greater_count,
        any_value(seller) as greater_seller
    from compared
    where sale_amount >= coalesce(amount, 0)
    group by body_id, item_index
)

select
    named.body_id,
    named.item_index,
    named.natural_hash,
    coalesce(
        named.seller,
        case
            when fitting.equal_count = 1 then fitting.equal_seller
            when fitting.equal_count = 0 and fitting.greater_count = 1 then fitting.greater_seller
        end
    ) as seller,
    -- several sellers have the receipt, and the reversal fits not exactly one of them
    named.event_type != 'sale.created' and named.seller is null and named.has_several
    and coalesce(
        case when fitting.equal_count = 0 then fitting.greater_count else fitting.equal_count end, 0
    ) != 1 as is_ambiguous
from named
left join fitting on named.body_id = fitting.body_id and named.item_index = fitting.item_index
